/** What a Web API method is to this server, its arguments, and the error it answers with. */
import type { Faults } from './faults.ts';
import type { Limits, Rate } from './limits.ts';
import type { MessageStore } from './messages.ts';
import { isObject } from './shape.ts';
import type { Deliveries, SocketMode } from './socket-mode.ts';
import type { Tickets } from './tickets.ts';
import type { ViewStore } from './views.ts';
import type { World } from './world.ts';

/** Everything the server is made of; handed to methods and to the people acting. */
export interface Lab {
  world: World;
  messages: MessageStore;
  views: ViewStore;
  tickets: Tickets;
  limits: Limits;
  faults: Faults;
  socket: SocketMode;
  /** How commands, interactions and events reach the app: the sockets, or its request URL. */
  deliveries: Deliveries;
}

export interface Method {
  /** Which token it takes; default the bot's. */
  token?: 'app';
  /** Any one of these is enough to call it; what a channel needs besides is checked by the method. */
  scopes?: string[];
  rate: Rate;
  required?: string[];
  run(lab: Lab, args: Args): Record<string, unknown>;
}

/** An `ok: false` answer. */
export class ApiError extends Error {
  readonly code: string;
  readonly extra: Record<string, unknown>;

  constructor(code: string, extra: Record<string, unknown> = {}) {
    super(code);
    this.code = code;
    this.extra = extra;
  }
}

export function invalidArguments(messages: string[], code = 'invalid_arguments'): ApiError {
  return new ApiError(code, { response_metadata: { messages } });
}

export function missingScope(world: World, needed: string): ApiError {
  return new ApiError('missing_scope', { needed, provided: [...world.scopes].join(',') });
}

/** Arguments of one call, from a form (all strings, structures as JSON) or from a JSON body. */
export interface Args {
  readonly all: Record<string, unknown>;
  has(name: string): boolean;
  /** As text; undefined when absent or empty. */
  text(name: string): string | undefined;
  /** As text; `invalid_arguments` when absent. */
  need(name: string): string;
  flag(name: string): boolean;
  count(name: string, otherwise: number): number;
  /** A structure; `invalid` when it is a string that is no JSON. */
  json(name: string, invalid: string): unknown;
}

export function readArgs(all: Record<string, unknown>): Args {
  const args: Args = {
    all,
    has: (name) => all[name] !== undefined && all[name] !== null && all[name] !== '',
    text: (name) => (args.has(name) ? String(all[name]) : undefined),
    need(name) {
      const value = args.text(name);
      if (value === undefined) throw invalidArguments([`[ERROR] missing required field: ${name}`]);
      return value;
    },
    flag: (name) => ['true', '1'].includes(String(all[name]).toLowerCase()),
    count(name, otherwise) {
      const value = args.text(name);
      if (value === undefined) return otherwise;
      const count = Number(value);
      if (!Number.isInteger(count) || count < 1) {
        throw invalidArguments([`[ERROR] must be a positive integer [json-pointer:/${name}]`]);
      }
      return count;
    },
    json(name, invalid) {
      const value = all[name];
      if (typeof value !== 'string') return value;
      try {
        return JSON.parse(value);
      } catch {
        throw invalidArguments([`[ERROR] not valid JSON [json-pointer:/${name}]`], invalid);
      }
    },
  };
  return args;
}

/** The object under `name`; `invalid` when there is something else. */
export function objectArg(args: Args, name: string, invalid: string): Record<string, unknown> | undefined {
  if (!args.has(name)) return undefined;
  const value = args.json(name, invalid);
  if (!isObject(value)) throw new ApiError(invalid);
  return value;
}
