/** Reading a request: which resource, which verb, which body. */
import { badRequest, Failure, methodNotAllowed, noSuchResource, unsupportedMediaType } from './failures.ts';
import { knowsGroupVersion, type Resource, resourceOf } from './resources.ts';

export type Target = {
  resource: Resource;
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  namespace?: string;
  name?: string;
  sub?: string;
};

export type Call = {
  method: string;
  path: string;
  query: URLSearchParams;
  contentType: string;
  body: string;
  user: string;
};

/** The target of a call; `undefined` for a path no API serves (the plain 404 page). @throws Failure 404, 405 */
export function targetOf({ method, path, query }: Pick<Call, 'method' | 'path' | 'query'>): Target | undefined {
  const segments = path.split('/').slice(1).map(decodeURIComponent);
  const head = segments[0] === 'api' ? ['', segments[1]] : segments[0] === 'apis' ? segments.slice(1, 3) : [];
  const [group, version] = head;
  if (group === undefined || version === undefined || !knowsGroupVersion(group, version)) return undefined;
  let rest = segments.slice(segments[0] === 'api' ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length >= 3 && rest[2] !== 'status') {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural, name, sub, ...more] = rest;
  const resource = plural === undefined ? undefined : resourceOf(group, version, plural);
  const scopeFits = resource?.namespaced ? namespace !== undefined || name === undefined : namespace === undefined;
  if (!resource || !scopeFits || more.length > 0) throw noSuchResource();
  if (resource.namespaced && namespace === undefined && method !== 'GET') throw methodNotAllowed();
  return {
    resource,
    verb: verbOf(method, name !== undefined, sub, query),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(sub === undefined ? {} : { sub }),
  };
}

function verbOf(method: string, named: boolean, sub: string | undefined, query: URLSearchParams): Target['verb'] {
  if (method === 'GET')
    return named ? 'get' : query.get('watch') === 'true' || query.get('watch') === '1' ? 'watch' : 'list';
  if (method === 'POST' && (!named || sub !== undefined)) return 'create';
  if (method === 'PUT' && named) return 'update';
  if (method === 'PATCH' && named) return 'patch';
  if (method === 'DELETE' && named && sub === undefined) return 'delete';
  throw methodNotAllowed();
}

export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const APPLY = 'application/apply-patch+yaml';

/** The content type of a patch without its parameters. @throws Failure 415 */
export function patchTypeOf({ contentType }: Call): string {
  const type = contentType.split(';')[0]!.trim();
  if (![MERGE, STRATEGIC, JSON_PATCH, APPLY].includes(type)) throw unsupportedMediaType();
  return type;
}

/** The JSON of a POST or PUT. @throws Failure 400, 415 */
export function jsonBody({ contentType, body }: Call): unknown {
  const type = contentType.split(';')[0]!.trim();
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType();
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: the body is not JSON");
  }
}

/** The JSON of a patch; what cannot be read is the server's 500, as recorded. */
export function patchBody({ body }: Call): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Failure(500, undefined, 'Invalid JSON Patch');
  }
}
