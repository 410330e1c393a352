/** Answers as they leave: a status, the same JSON shape always, and the reply of a command made into one. */
import type { ServerResponse } from 'node:http';
import type { Reply } from '../commands/dispatch.ts';
import { lineText, type Plain, plain } from './plain.ts';

export type Answer = {
  status: number;
  body: { ok: boolean; [key: string]: unknown };
  headers?: Record<string, string>;
};

type Refused = NonNullable<Extract<Reply, { kind: 'message' }>['refused']>;
const STATUS: Record<Refused, number> = { input: 400, rights: 403, unknown: 404, state: 409, failed: 503 };

const said = (status: number, ok: boolean, text: Plain, more: object = {}): Answer => ({
  status,
  body: { ok, ...more, ...text },
});

/** A no that no command has said. */
export const failure = (status: number, title: string, headers: Record<string, string> = {}): Answer => ({
  ...said(status, false, { title, lines: [] }),
  headers,
});

/** What a command answered. */
export function fromReply(reply: Reply, names: Record<string, string> = {}): Answer {
  switch (reply.kind) {
    case 'message': {
      const { refused } = reply;
      const text = plain(reply.message, names);
      const more = reply.data === undefined ? {} : { data: reply.data };
      return refused === undefined ? said(200, true, text, more) : said(STATUS[refused], false, text, { refused });
    }
    // A form is a question back, and nobody is there to fill it in.
    case 'form': {
      const fields = reply.form.fields.map(({ id }) => id).join(', ');
      const title = `More is needed (${fields}). Nothing was done.`;
      const lines = reply.form.lines.map((line) => lineText(line, names));
      return said(400, false, { title, lines }, { refused: 'input' });
    }
    case 'fieldErrors': {
      const lines = Object.values(reply.errors);
      return said(400, false, { title: lines[0] ?? 'Nothing was done.', lines: lines.slice(1) }, { refused: 'input' });
    }
    case 'none':
      return said(200, true, { title: 'This was already taken: it acts once.', lines: [] });
  }
}

/** @param last no more requests are taken on this connection */
export function send(response: ServerResponse, { status, body, headers }: Answer, head: boolean, last: boolean): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
    ...(last ? { connection: 'close' } : {}),
  });
  response.end(head ? undefined : text);
}
