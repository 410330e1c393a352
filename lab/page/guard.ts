/**
 * Who may talk to the page's server: a browser on this machine showing this very page. Any web site can send requests
 * to a server on localhost and any name can be made to resolve to it, so both Host and Origin are looked at.
 */
import type { IncomingMessage } from 'node:http';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Why a request is not answered, in one sentence; undefined when it may pass. */
export function refusal(request: IncomingMessage): string | undefined {
  const host = request.headers.host ?? '';
  if (!LOCAL.has(hostname(`http://${host}`))) {
    return `The lab's page answers only as localhost or 127.0.0.1, not as "${host}": open it under one of these names.`;
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return `The lab's page takes requests only from itself, not from "${origin}": act in its own window.`;
  }
  if (request.method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return 'Acting takes a JSON body: send it with "content-type: application/json".';
  }
  return undefined;
}

function hostname(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
