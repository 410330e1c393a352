/** What a method and a path ask for. */
import { takesOf } from '../commands/arguments.ts';
import { commandNamed } from '../commands/dispatch.ts';
import { type Answer, failure } from './answer.ts';

export type Asked = { command: string; values: Record<string, unknown> };
export type Route =
  | { kind: 'alive' }
  | { kind: 'ready' }
  | { kind: 'post'; command: string }
  | ({ kind: 'get' } & Asked)
  /** No such place; told to anybody. */
  | { kind: 'nowhere'; answer: Answer }
  /** A command in a way it is not asked for; told to who has a token. */
  | { kind: 'wrong'; answer: Answer };

const wrong = (status: number, why: string, headers: Record<string, string> = {}): Route => ({
  kind: 'wrong',
  answer: failure(status, `${why} Nothing was done.`, headers),
});

export function routeOf(method: string, target: string): Route {
  const [path = '', ...rest] = target.split('?');
  const reads = method === 'GET' || method === 'HEAD';
  if (path === '/healthz' || path === '/readyz') {
    if (reads) return { kind: path === '/healthz' ? 'alive' : 'ready' };
    return { kind: 'nowhere', answer: failure(405, `${path} is asked with GET.`, { allow: 'GET' }) };
  }
  const name = /^\/dr\/([^/]+)\/?$/.exec(path)?.[1];
  if (name === undefined)
    return {
      kind: 'nowhere',
      answer: failure(404, 'There is nothing at this path. Commands are at /dr/<command>, like /dr/status.'),
    };
  const command = decoded(name);
  if (command === null) return wrong(400, 'The path cannot be read.');
  if (method === 'POST') return { kind: 'post', command };
  if (reads) {
    const values = Object.fromEntries(new URLSearchParams(rest.join('?')));
    const known = commandNamed(command);
    const { takes, get } = known ? takesOf(known) : { takes: [], get: [] };
    // What only reads may be asked with GET. A key that is none is for the door to name, as with every command.
    const acts = takes.some(({ key }) => Object.hasOwn(values, key) && !get?.includes(key));
    if (get !== undefined && !acts) return { kind: 'get', command, values };
    return wrong(405, `${command} is sent with POST: it may change something.`, { allow: 'POST' });
  }
  return wrong(405, `A command is sent with POST, and this was ${method}.`, { allow: 'GET, POST' });
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
