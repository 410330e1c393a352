import type { IncomingMessage } from 'node:http';

/** The whole body of a request as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) body += chunk as string;
  return body;
}
