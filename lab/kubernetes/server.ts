/** HTTP in front of the API: who is asking, faults and latency, the ledger, and the watch streams. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Reply } from './api.ts';
import { type Attempt, Failure, forbidden, forbiddenPath, unauthorized } from './failures.ts';
import type { FaultKind } from './faults.ts';
import { watch } from './lists.ts';
import { type Call, type Target, targetOf } from './requests.ts';
import type { Store } from './store.ts';
import type { Timers } from './timers.ts';
import { VERSION } from './version.ts';

/** One accepted change: who sent what, and when (ISO time). */
export type LedgerEntry = { method: string; path: string; body: unknown; user: string; at: string };

export type ServerOptions = {
  store: Store;
  timers: Timers;
  now: () => number;
  tokens: Record<string, string>;
  may: (attempt: Attempt) => boolean;
  latencyMs: () => number;
  takeFault: (method: string, url: string) => FaultKind | undefined;
  handle: (target: Target, call: Call) => Promise<Reply>;
  onCall: () => void;
  onChange: (entry: LedgerEntry) => void;
};

const ANONYMOUS = 'system:anonymous';
const PUBLIC = ['/version', '/readyz', '/livez', '/healthz'];

const TOLD_TO_FAIL = new Failure(500, 'InternalError', 'Internal error occurred: the lab was told to fail');
const LOST_RACE = new Failure(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified');

export function createHttpServer(options: ServerOptions): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    options.onCall();
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://lab');
    const body = await readBody(request);
    if (options.latencyMs() > 0) await wait(options.latencyMs());
    const fault = options.takeFault(method, request.url ?? '/');
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'http500' || fault === 'conflict') {
      const { code, body: told } = fault === 'conflict' ? LOST_RACE : TOLD_TO_FAIL;
      return sendJson(response, code, told);
    }
    try {
      const user = userOf(options.tokens, request.headers.authorization);
      const contentType = request.headers['content-type'] ?? '';
      const call: Call = { method, path: url.pathname, query: url.searchParams, contentType, body, user };
      await route(options, call, fault === 'lostAnswer' ? undefined : response, request);
      if (fault === 'lostAnswer') request.socket.destroy();
    } catch (error) {
      if (fault === 'lostAnswer') return void request.socket.destroy();
      const failure =
        error instanceof Failure
          ? error
          : new Failure(500, 'InternalError', `Internal error occurred: ${(error as Error).stack}`);
      sendJson(response, failure.code, failure.body);
    }
  };
  return createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
}

/** Carries a call out; without a response nobody is told. @throws Failure */
async function route(
  options: ServerOptions,
  call: Call,
  response: ServerResponse | undefined,
  request: IncomingMessage,
): Promise<void> {
  const { method, path, user } = call;
  if (PUBLIC.includes(path)) {
    if (path === '/version') return sendJson(response, 200, VERSION);
    return sendText(response, 200, 'ok');
  }
  const target = resolve(call);
  if (!target) {
    if (user === ANONYMOUS) throw forbiddenPath(user, method.toLowerCase(), path);
    return sendText(response, 404, '404 page not found\n');
  }
  const { resource, name, sub, verb } = target;
  // Who asks for a namespace by its name asks within it: a Role there may allow it.
  const namespace = target.namespace ?? (resource.plural === 'namespaces' ? name : undefined);
  const asked = { user, verb, resource, ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) };
  const attempt: Attempt = sub === undefined ? asked : { ...asked, sub };
  if (user === ANONYMOUS || !options.may(attempt)) throw forbidden(attempt);
  if (verb === 'watch') return stream(options, target, call, response, request);
  const reply = await options.handle(target, call);
  if (method !== 'GET' && call.query.get('dryRun') !== 'All') {
    options.onChange({ method, path, body: readable(call.body), user, at: new Date(options.now()).toISOString() });
  }
  if (typeof reply.body === 'string') sendText(response, reply.status, reply.body);
  else sendJson(response, reply.status, reply.body);
}

/** An anonymous caller is told it may not, whatever else is wrong with the call. */
function resolve(call: Call): Target | undefined {
  try {
    return targetOf(call);
  } catch (error) {
    if (call.user === ANONYMOUS) throw forbiddenPath(call.user, call.method.toLowerCase(), call.path);
    throw error;
  }
}

function stream(
  { store, timers }: ServerOptions,
  target: Target,
  { query }: Call,
  response: ServerResponse | undefined,
  request: IncomingMessage,
): void {
  if (!response) return;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const end = watch(store, target, query, (event) => response.write(`${JSON.stringify(event)}\n`));
  request.socket.once('close', end);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  if (seconds > 0) {
    timers.after(seconds * 1000, () => {
      end();
      response.end();
    });
  }
}

function userOf(tokens: Record<string, string>, authorization: string | undefined): string {
  if (!authorization) return ANONYMOUS;
  const user = tokens[authorization.replace(/^Bearer /, '')];
  if (user === undefined) throw unauthorized();
  return user;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function readable(body: string): unknown {
  try {
    return body === '' ? null : JSON.parse(body);
  } catch {
    return body;
  }
}

function sendJson(response: ServerResponse | undefined, status: number, body: unknown): void {
  response?.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse | undefined, status: number, text: string): void {
  response?.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
