/** One request to Regent's API, and what became of it as an exit status. */
import { randomUUID } from 'node:crypto';
import { sentenceOf, UserError } from '../lib/errors.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:8080';
const TIMEOUT_MS = 60_000;

export type Heard = {
  exit: 0 | 1 | 2 | 3;
  body: { ok: boolean; title: string; lines: string[] };
  /** About the way it went, not about the answer. */
  warning: string | null;
};

type Sending = {
  server: string;
  token: string;
  command: string;
  values: Record<string, unknown>;
  key?: string;
  timeoutMs?: number;
};

/** Whoever reads it in a terminal must not be steered by it. */
const harmless = (text: unknown): string => String(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** @throws UserError when the address or the token cannot be used; nothing has been sent then */
export async function send({ server, token, command, values, key, timeoutMs }: Sending): Promise<Heard> {
  const base = URL.canParse(server) ? new URL(server) : undefined;
  if (!base || !['http:', 'https:'].includes(base.protocol))
    throw new UserError(`“${server}” is not a web address.`, {
      code: 'usage',
      hint: 'Write one like https://regent.example.com. Nothing was sent.',
    });
  if (!/^[!-~]+$/.test(token))
    throw new UserError('The token has a space, a line break or a sign no token has.', {
      code: 'usage',
      hint: 'Nothing was sent.',
    });
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}/dr/${encodeURIComponent(command)}`;
  const once = key ?? randomUUID();
  const failed = (title: string): Heard => ({ exit: 3, body: { ok: false, title, lines: [] }, warning: null });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': once },
      body: JSON.stringify(values),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    return failed(
      neverSent(error)
        ? `Regent does not answer at ${base.origin}: ${reasonOf(error)}. Nothing was sent.`
        : `No answer came from ${base.origin}: ${reasonOf(error)}. Whether it acted is not known: ask dr status. Sent again with --key ${once} it acts once.`,
    );
  }
  const body = bodyOf(text);
  if (body === null) return failed(`What answers at ${base.origin} is not Regent’s API (HTTP ${response.status}).`);
  const plain = base.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(base.hostname);
  const warning = plain ? `The token went to ${base.host} unencrypted: use https where others can listen.` : null;
  return { exit: exitOf(response.status), body, warning };
}

function exitOf(status: number): Heard['exit'] {
  if (status < 300) return 0;
  if (status === 403 || status === 409) return 1;
  return status === 401 || status === 429 || status >= 500 ? 3 : 2;
}

function bodyOf(text: string): Heard['body'] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('title' in value) || !('ok' in value)) return null;
    const lines = 'lines' in value && Array.isArray(value.lines) ? value.lines : [];
    return { ...value, ok: value.ok === true, title: harmless(value.title), lines: lines.map(harmless) };
  } catch {
    return null;
  }
}

const causeOf = (error: unknown): unknown => (error instanceof Error && error.cause) || error;
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|.*_CERT.*|.*SELF_SIGNED.*|UNABLE_TO_.*)$/;

function neverSent(error: unknown): boolean {
  const { code } = causeOf(error) as { code?: unknown };
  return typeof code === 'string' && NEVER_SENT.test(code);
}
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.name === 'TimeoutError'
    ? 'it took too long'
    : sentenceOf(causeOf(error)).replace(/\.$/, '');
