/** Reading and answering plain HTTP requests. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from './shape.ts';

const MAX_BODY = 1_000_000;

export class BodyError extends Error {}

/** The whole body as text; throws `BodyError` beyond 1 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new BodyError('request_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Arguments of a request: the query, then a form or JSON body. `BodyError`'s message is Slack's error code. */
export async function readArguments(request: IncomingMessage, url: URL): Promise<Record<string, unknown>> {
  const query = Object.fromEntries(url.searchParams);
  const body = await readBody(request);
  if (body === '') return query;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === 'application/json') return { ...query, ...parseObject(body) };
  if (type === 'application/x-www-form-urlencoded') {
    return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
  }
  throw new BodyError('invalid_post_type');
}

export function parseObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BodyError('invalid_json');
  }
  if (!isObject(value)) throw new BodyError('json_not_object');
  return value;
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
