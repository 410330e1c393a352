/**
 * The HTTP API: `POST /dr/<command>` with a bearer token, through the same door as Slack, under the same policy and into
 * the same journal. It needs no chat to work. Every answer is JSON. What each answer means: docs/api.md.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dispatch } from '../commands/dispatch.ts';
import { ConfigError, sentenceOf } from '../lib/errors.ts';
import { type Answer, failure, fromReply, send } from './answer.ts';
import { bodyOf, drained } from './body.ts';
import { aliveAnswer, type Ready, readiness } from './health.ts';
import { isKey, Once } from './once.ts';
import { type Asked, routeOf } from './route.ts';
import { type ApiToken, tokenKnower, WRONG_MAX, WrongTokens } from './tokens.ts';

export type ApiOptions = {
  /** Port 0 takes any free one. */
  listen: { host: string; port: number };
  tokens: readonly ApiToken[];
  dispatch: Dispatch;
  ready(): Promise<Ready>;
  /** How ids are called: `S0123` → `group:sre`. */
  names?: Record<string, string>;
  now(): number;
  log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
  };
};

export type Api = {
  /** `http://127.0.0.1:8080`, without a slash at its end. */
  url: string;
  /** Takes nothing new, lets what is under way be answered for at most `drainMs`, then cuts. Never throws. */
  close(drainMs?: number): Promise<void>;
};

const CONNECTIONS_MAX = 200;
const REQUEST_MS = 15_000;
const DRAIN_MS = 5000;

/**
 * Listens; resolves once it does.
 * @throws ConfigError when the address cannot be had
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { log, now } = options;
  const know = tokenKnower(options.tokens);
  const wrong = new WrongTokens(now);
  const once = new Once<Answer>(now, ({ status }) => status < 400);
  const ready = readiness(options.ready, now);

  function unauthorized(request: IncomingMessage): Answer {
    const address = request.socket.remoteAddress ?? 'unknown';
    const { count, forMs } = wrong.add(address);
    if (count <= WRONG_MAX + 1) log.warn({ address, count }, 'a request to the API had no token of ours');
    if (count > WRONG_MAX) {
      const seconds = Math.max(1, Math.ceil(forMs / 1000));
      const why = `Too many wrong tokens came from this address. Try again in ${seconds} s. Nothing was done.`;
      return failure(429, why, { 'retry-after': String(seconds) });
    }
    const given = request.headers.authorization !== undefined;
    const why = given
      ? 'This token is not known here. Its SHA-256 must stand under api.tokens in the configuration.'
      : 'A token is needed: the header “Authorization: Bearer …”. “dr token” makes one.';
    return failure(401, `${why} Nothing was done.`, { 'www-authenticate': 'Bearer' });
  }

  async function called(asked: Asked, token: ApiToken, key: string | null): Promise<Answer> {
    const { command, values } = asked;
    const work = async () => {
      const { name, person, groups } = token;
      const delivery = `api:${name}:${key ?? randomUUID()}`;
      const reply = await options.dispatch({
        kind: 'call',
        command,
        values,
        person,
        delivery,
        token: { name, groups },
      });
      const answer = fromReply(reply, options.names);
      log.info(
        { command: command.slice(0, 60), token: name, person, status: answer.status },
        'a command came by the API',
      );
      return answer;
    };
    if (key === null) return await work();
    return (
      (await once.take(`${token.name}:${key}`, JSON.stringify([command, values]), work)) ??
      failure(400, 'This Idempotency-Key was used for another request. Take a new one. Nothing was done.')
    );
  }

  async function answer(request: IncomingMessage): Promise<Answer | 'gone'> {
    const route = routeOf(request.method ?? '', request.url ?? '');
    if (route.kind === 'alive') return aliveAnswer();
    if (route.kind === 'ready') return await ready();
    if (route.kind === 'nowhere') return route.answer;
    const token = know(request.headers.authorization);
    if (!token) return unauthorized(request);
    if (route.kind === 'wrong') return route.answer;
    const header = request.headers['idempotency-key'];
    const key = typeof header === 'string' ? header.trim() : null;
    if (key !== null && !isKey(key))
      return failure(400, 'An Idempotency-Key is 1 to 200 letters, digits and signs without spaces. Nothing was done.');
    if (route.kind === 'get') return await called(route, token, null);
    const body = await bodyOf(request);
    if (body === 'gone') return body;
    if ('why' in body) return failure(body.status, body.why, body.status === 413 ? { connection: 'close' } : {});
    return await called({ command: route.command, values: body.values }, token, key);
  }

  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    response.on('error', () => {});
    answer(request)
      .catch((error: unknown): Answer => {
        log.warn({ error: sentenceOf(error) }, 'a request to the API could not be answered');
        return failure(
          500,
          'That did not work, by a fault of Regent’s own. What it has done, if anything: /dr/status.',
        );
      })
      .then((made) => {
        if (made === 'gone') return response.destroy();
        // A body nobody wanted (a wrong token, a wrong path) must not stand in the way of the answer.
        if (!request.complete && request.listenerCount('data') === 0) drained(request, 0, undefined);
        return send(response, made, request.method === 'HEAD', !server.listening);
      });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', notHttp);
  const { host, port } = await listening(server, options.listen);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ url, tokens: options.tokens.length }, 'the API listens');
  return { url, close: (drainMs = DRAIN_MS) => closed(server, drainMs) };
}

/** What is no HTTP at all, or never ends: answered as far as that is possible. */
function notHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, why] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers are too big.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not come to its end in time.']
        : ['400 Bad Request', 'This is not an HTTP request.'];
  const body = JSON.stringify({ ok: false, title: `${why} Nothing was done.`, lines: [] });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

async function listening(
  server: Server,
  { host, port }: ApiOptions['listen'],
): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConfigError(`The API cannot listen at ${host}, port ${port}: ${error.code ?? error.message}.`, {
          code: 'api-address',
          hint: 'Stop what listens there, or name another under api.listen.',
          cause: error,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return { host, port: address.port };
}

async function closed(server: Server, drainMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await done;
  clearTimeout(cut);
}
