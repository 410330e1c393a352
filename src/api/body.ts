/**
 * A request's body: JSON, whatever the content type says. `curl -d` calls it a form, and who types that in the night is
 * right all the same.
 */
import type { IncomingMessage } from 'node:http';

export const BODY_MAX = 16 * 1024;
/** What is read and thrown away of a body that is too big, so that its sender hears the answer. */
const DRAIN_MAX = 1024 * 1024;

export type Body = { values: Record<string, unknown> } | { why: string; status: 400 | 413 } | 'gone';

const EXAMPLE = 'Send an object like {"region": "us-east-1", "reason": "Planned maintenance"}. Nothing was done.';

/** The body's object; an empty body is an empty object. */
export async function bodyOf(request: IncomingMessage): Promise<Body> {
  const tooBig: Body = { status: 413, why: `The body is bigger than ${BODY_MAX / 1024} kB. Nothing was done.` };
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX) return drained(request, 0, tooBig);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left early, the loop would close the connection before the answer is out.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > BODY_MAX) return drained(request, size, tooBig);
      chunks.push(chunk as Buffer);
    }
  } catch {
    return 'gone';
  }
  return valuesOf(Buffer.concat(chunks));
}

/** Lets the rest run off, up to a bound; then the connection is cut. */
export function drained<T>(request: IncomingMessage, already: number, answer: T): T {
  let size = already;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > DRAIN_MAX) request.destroy();
  });
  request.on('error', () => {});
  return answer;
}

function valuesOf(bytes: Buffer): Body {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return { status: 400, why: `The body is not UTF-8 text. ${EXAMPLE}` };
  }
  if (text === '') return { values: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { values: value as Record<string, unknown> };
    return { status: 400, why: `The body is JSON and no object. ${EXAMPLE}` };
  } catch {
    return { status: 400, why: `The body is not JSON. ${EXAMPLE}` };
  }
}
