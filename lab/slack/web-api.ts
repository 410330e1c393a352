/**
 * One Web API call from its HTTP request to its answer: who calls, is the method known, the limits, the scopes, the
 * arguments, the injected faults, the ledger. The method itself only does its work.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, BodyError, readArguments } from './http.ts';
import { ApiError, invalidArguments, type Lab, type Method, missingScope, readArgs } from './method.ts';
import { methods } from './methods/index.ts';
import type { ApiCall, Fault } from './types.ts';

export interface WebApi {
  readonly calls: ApiCall[];
  handle(name: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
  retryAfter?: number;
}

/** `pause` waits the configured latency before a call is looked at. */
export function createWebApi(lab: Lab, pause: () => Promise<void>): WebApi {
  const calls: ApiCall[] = [];
  const { world } = lab;

  function tokenKind(token: string | undefined): ApiCall['token'] {
    if (!token) return 'none';
    if (token === world.botToken) return 'bot';
    return token === world.appToken ? 'app' : 'unknown';
  }

  function authenticate(method: Method, kind: ApiCall['token']): void {
    if (kind === 'none') throw new ApiError('not_authed');
    if (kind === 'unknown') throw new ApiError('invalid_auth');
    if ((method.token ?? 'bot') !== kind) throw new ApiError('not_allowed_token_type');
  }

  function run(name: string, kind: ApiCall['token'], given: Record<string, unknown>): Answer {
    const method = methods.get(name);
    if (!method) throw new ApiError('unknown_method', { req_method: name });
    authenticate(method, kind);
    const args = readArgs(given);
    const wait = lab.limits.take(method.rate, name, args.text('channel') ?? '');
    if (wait > 0) return rateLimited(wait);
    const { scopes = [], required = [] } = method;
    if (scopes.length > 0 && !scopes.some((scope) => world.scopes.has(scope))) {
      throw missingScope(world, scopes.join(','));
    }
    const missing = required.filter((field) => !args.has(field));
    if (missing.length > 0) throw invalidArguments(missing.map((field) => `[ERROR] missing required field: ${field}`));
    return { status: 200, body: { ok: true, ...method.run(lab, args) } };
  }

  function rateLimited(seconds: number): Answer {
    world.counters.rateLimited += 1;
    return { status: 429, body: { ok: false, error: 'ratelimited' }, retryAfter: seconds };
  }

  function attempt(name: string, kind: ApiCall['token'], args: Record<string, unknown>): Answer {
    try {
      return run(name, kind, args);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: 200, body: { ok: false, error: error.code, ...error.extra } };
    }
  }

  /** What an injected fault makes of the call; `undefined` is no answer at all. */
  function faulted(fault: Fault, commit: () => Answer): Answer | 'reset' | 'hang' {
    switch (fault.kind) {
      case 'http500':
        return { status: 500, body: { ok: false, error: 'internal_error' } };
      case '429':
        return rateLimited(fault.retryAfter ?? 1);
      case 'error':
        return { status: 200, body: { ok: false, error: fault.error ?? 'internal_error' } };
      case 'reset-after-commit':
        commit();
        return 'reset';
      case 'hang-after-commit':
        commit();
        return 'hang';
      case 'reset-before':
        return 'reset';
      case 'hang':
        return 'hang';
    }
  }

  async function handle(name: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token, ...args } = await readArguments(request, url).catch((error: unknown) => {
      if (!(error instanceof BodyError)) throw error;
      return { token: undefined, 'unreadable body': error.message };
    });
    await pause();
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const kind = tokenKind(bearer ?? (typeof token === 'string' ? token : undefined));
    const unreadable = args['unreadable body'];
    const commit = () =>
      typeof unreadable === 'string'
        ? { status: 200, body: { ok: false, error: unreadable } }
        : attempt(name, kind, args);

    const fault = lab.faults.next(name);
    const answer = fault ? faulted(fault, commit) : commit();
    record(name, kind, args, answer, fault);
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.destroy();
      return;
    }
    answerJson(response, answer.status, answer.body, {
      'x-slack-req-id': randomBytes(16).toString('hex'),
      'x-oauth-scopes': kind === 'app' ? 'connections:write' : [...world.scopes].join(','),
      'x-accepted-oauth-scopes': (methods.get(name)?.scopes ?? []).join(','),
      ...(answer.retryAfter === undefined ? {} : { 'retry-after': String(answer.retryAfter) }),
    });
  }

  function record(
    method: string,
    token: ApiCall['token'],
    args: Record<string, unknown>,
    answer: Answer | 'reset' | 'hang',
    fault: Fault | undefined,
  ): void {
    world.counters.calls += 1;
    const body = typeof answer === 'string' ? undefined : answer.body;
    calls.push({
      seq: calls.length + 1,
      method,
      args: decoded(args),
      token,
      ok: body?.['ok'] === true,
      ...(typeof body?.['error'] === 'string' ? { error: body['error'] } : {}),
      status: typeof answer === 'string' ? 0 : answer.status,
      ...(fault ? { fault: fault.kind } : {}),
      at: world.now(),
    });
    world.changed();
  }

  return { calls, handle };
}

const STRUCTURES = ['blocks', 'view', 'metadata', 'attachments'];

/** Forms carry structures as JSON text; the ledger shows them as what they are. */
function decoded(args: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(args).map(([name, value]) => {
    if (!STRUCTURES.includes(name) || typeof value !== 'string') return [name, value];
    try {
      return [name, JSON.parse(value)];
    } catch {
      return [name, value];
    }
  });
  return Object.fromEntries(entries);
}
