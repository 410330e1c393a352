/** The API's `Status` bodies, in the words the real server uses (test/fixtures/kubernetes-recordings.json). */
import { qualified, type Resource } from './resources.ts';

export type StatusBody = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: object;
  code?: number;
  [field: string]: unknown;
};

/** A refusal of one request: the HTTP answer as an exception. */
export class Failure extends Error {
  readonly code: number;
  readonly body: StatusBody;
  constructor(code: number, reason: string | undefined, message: string, details?: object) {
    super(message);
    this.code = code;
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code,
    };
  }
}

const detailsOf = (resource: Resource, name?: string, sub?: string) => ({
  ...(name ? { name } : {}),
  ...(resource.group ? { group: resource.group } : {}),
  kind: sub ? `${resource.plural}/${sub}` : resource.plural,
});

export const notFound = (resource: Resource, name: string, sub?: string): Failure => {
  const subject = sub ? qualified({ ...resource, plural: `${resource.plural}/${sub}` }) : qualified(resource);
  return new Failure(404, 'NotFound', `${subject} "${name}" not found`, detailsOf(resource, name, sub));
};

export const alreadyExists = (resource: Resource, name: string): Failure =>
  new Failure(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));

export const conflict = (resource: Resource, name: string): Failure =>
  new Failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(resource, name),
  );

export type Cause = { reason: string; message: string; field: string };

/** 422: `kind` and `group` are those of the object that was sent (`Scale`, `autoscaling`). */
export const invalid = (kind: string, group: string, name: string, causes: Cause[]): Failure => {
  const text = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = text.length === 1 ? text[0] : `[${text.join(', ')}]`;
  const subject = kind === '' ? '' : group === '' ? kind : `${kind}.${group}`;
  return new Failure(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    ...(kind ? { kind } : {}),
    causes,
  });
};

export const negativeReplicas = (value: number): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${value}: must be greater than or equal to 0`,
  field: 'spec.replicas',
});

export const badRequest = (message: string): Failure => new Failure(400, 'BadRequest', message);
export const unauthorized = (): Failure => new Failure(401, 'Unauthorized', 'Unauthorized');
export const unsupportedMediaType = (): Failure =>
  new Failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
export const methodNotAllowed = (): Failure =>
  new Failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const noSuchResource = (): Failure =>
  new Failure(404, 'NotFound', 'the server could not find the requested resource', {});

export type Attempt = {
  user: string;
  verb: string;
  resource: Resource;
  namespace?: string;
  name?: string;
  sub?: string;
};

export function forbidden({ user, verb, resource, namespace, name, sub }: Attempt): Failure {
  const subject = name ? `${qualified(resource)} "${name}"` : qualified(resource);
  const what = sub ? `${resource.plural}/${sub}` : resource.plural;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return new Failure(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${user}" cannot ${verb} resource "${what}" in API group "${resource.group}" ${where}`,
    detailsOf(resource, name),
  );
}

export const forbiddenPath = (user: string, verb: string, path: string): Failure =>
  new Failure(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${path}"`, {});

/** The answer to a successful deletion or eviction. */
export const success = (more: object): StatusBody => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...more,
});
