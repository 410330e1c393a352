/** Reading a message as a mail program does: headers, encoded words, parts, transfer encodings. */

export type Read = { headers: Record<string, string>; text: string | null; html: string | null };

type Part = { headers: Record<string, string>; body: string };

/** `raw` holds one byte in each character (latin1). */
export function readMessage(raw: string): Read {
  const whole = split(raw);
  const leaves = leavesOf(whole);
  const of = (type: string) => leaves.find(({ headers }) => typeOf(headers).startsWith(type));
  const text = of('text/plain');
  const html = of('text/html');
  const headers = Object.fromEntries(Object.entries(whole.headers).map(([name, value]) => [name, decodedWords(value)]));
  return {
    headers,
    text: text === undefined ? null : decodedBody(text),
    html: html === undefined ? null : decodedBody(html),
  };
}

/** What a server of good manners refuses: no sender, no date, no id, lines nobody has to carry. */
export function problemsOf(raw: string): string[] {
  const { headers } = split(raw);
  const missing = ['from', 'to', 'date', 'message-id', 'subject'].filter((name) => (headers[name] ?? '') === '');
  const problems = missing.map((name) => `header ${name} is missing`);
  if (Number.isNaN(Date.parse(headers['date'] ?? ''))) problems.push('the date is none');
  if (!/^<[^<>\s@]+@[^<>\s@]+>$/.test(headers['message-id'] ?? '')) problems.push('the Message-ID is none');
  if (raw.split('\r\n').some((line) => line.length > 998)) problems.push('a line is longer than 998 characters');
  return problems;
}

function split(raw: string): Part {
  const end = raw.indexOf('\r\n\r\n');
  const head = (end < 0 ? raw : raw.slice(0, end)).replaceAll(/\r\n[ \t]+/g, ' ');
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, body: end < 0 ? '' : raw.slice(end + 4) };
}

const typeOf = (headers: Record<string, string>): string => (headers['content-type'] ?? 'text/plain').toLowerCase();

function leavesOf(part: Part): Part[] {
  if (!typeOf(part.headers).startsWith('multipart/')) return [part];
  const boundary = /boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return [];
  return part.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((inner) => leavesOf(split(inner.replace(/^\r\n/, '').replace(/\r\n$/, ''))));
}

function decodedBody({ headers, body }: Part): string {
  const encoding = (headers['content-transfer-encoding'] ?? '7bit').toLowerCase();
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : Buffer.from(encoding === 'quoted-printable' ? unquoted(body.replaceAll(/=\r\n/g, '')) : body, 'latin1');
  return bytes.toString('utf8').replaceAll('\r\n', '\n').trimEnd();
}

const unquoted = (text: string): string =>
  text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** `=?UTF-8?Q?caf=C3=A9?=` → café; neighbours are one word. */
function decodedWords(value: string): string {
  return value.replaceAll(/\?=\s+=\?/g, '?==?').replaceAll(/(?:=\?utf-8\?[qb]\?[^?]*\?=)+/gi, (run) => {
    const parts = [...run.matchAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi)].map(([, kind = '', text = '']) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64')
        : Buffer.from(unquoted(text.replaceAll('_', ' ')), 'latin1'),
    );
    return Buffer.concat(parts).toString('utf8');
  });
}
