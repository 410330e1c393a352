/** What a failed call to a cluster means: one sentence for people, and whether anything can have happened there. */
import { ApiException } from '@kubernetes/client-node';
import { ConfigError, type DrError, IntegrationError } from '../../lib/errors.ts';

/** Where and what: `operation` completes "asked to …": `scale deployment "task-service"`. */
export type Asked = { region: string; context: string; namespace: string; operation: string };

/** Our own reasons to end a call, told apart from what the cluster did. */
export type Ended = {
  timedOut: boolean;
  aborted: boolean;
  /** Whether a request had been handed to the network at all. */
  sent: boolean;
  timeoutMs: number;
};

/** Errors of the network before a single byte of the request has been sent. */
const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Translates whatever a call threw. `effect` is `none` when the call never arrived or the server refused it (4xx);
 * bodies and headers are never repeated.
 */
export function failure(error: unknown, asked: Asked, ended: Ended): DrError {
  if (error instanceof IntegrationError || error instanceof ConfigError) return error;
  const { region, operation } = asked;
  const effect = ended.sent ? 'unknown' : 'none';
  const details = { system: 'kubernetes', operation, effect, cause: error } as const;
  const cluster = `Kubernetes of ${region}`;
  if (error instanceof ApiException) {
    const { reason } = saidBy(error);
    const status = reason === undefined ? String(error.code) : `${error.code} ${reason}`;
    const refused = error.code >= 400 && error.code < 500 && error.code !== 408;
    const hint = hintFor(error, asked);
    return new IntegrationError(`${cluster} ${refused ? 'refused to' : 'failed to'} ${operation} (${status}).`, {
      ...details,
      code: `kubernetes-${error.code}`,
      effect: refused ? 'none' : 'unknown',
      ...(hint === undefined ? {} : { hint }),
    });
  }
  if (ended.aborted) {
    return new IntegrationError(`The call to ${cluster} to ${operation} was given up before it answered.`, {
      ...details,
      code: 'kubernetes-aborted',
    });
  }
  if (ended.timedOut) {
    return new IntegrationError(
      `${cluster} did not answer within ${ended.timeoutMs / 1000} s when asked to ${operation}.`,
      { ...details, code: 'kubernetes-timeout' },
    );
  }
  const code = networkCode(error);
  if (code !== undefined) {
    return new IntegrationError(`${cluster} could not be reached to ${operation} (${code}).`, {
      ...details,
      code: 'kubernetes-unreachable',
      effect: NEVER_ARRIVED.has(code) ? 'none' : 'unknown',
    });
  }
  return new IntegrationError(`${cluster} gave an answer we cannot read when asked to ${operation}.`, {
    ...details,
    code: 'kubernetes-surprise',
  });
}

/** The HTTP status of a translated error, for the few places where one status has its own meaning. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** `Forbidden`, `Conflict`; `pods`, `deployments/scale`: the only words of the body that are safe to repeat. */
function saidBy(error: ApiException<unknown>): { reason?: string; kind?: string } {
  // The library keeps no body of a 401.
  if (error.code === 401) return { reason: 'Unauthorized' };
  try {
    const body = typeof error.body === 'string' ? (JSON.parse(error.body) as unknown) : error.body;
    const { reason, details } = body as { reason?: unknown; details?: { kind?: unknown } };
    const kind = details?.kind;
    return {
      ...(typeof reason === 'string' && /^[A-Za-z]{1,40}$/.test(reason) ? { reason } : {}),
      ...(typeof kind === 'string' && /^[a-z/]{1,60}$/.test(kind) ? { kind } : {}),
    };
  } catch {
    return {};
  }
}

function hintFor(error: ApiException<unknown>, { context, namespace, operation }: Asked): string | undefined {
  if (error.code === 401) return `Check the credentials of the context "${context}" in the kubeconfig.`;
  if (error.code === 403) {
    const { kind } = saidBy(error);
    const over = kind === undefined ? '' : ` (it was refused ${kind})`;
    return `Give the user of the context "${context}" the right to ${operation}${over}.`;
  }
  if (error.code === 404) return `Check its name and the namespace "${namespace}" in the configuration.`;
  return undefined;
}

/** The code of the first network error in the chain; a name with several addresses fails with one for each. */
function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at && depth < 5; depth += 1) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === 'string') return code;
    at = cause ?? errors?.[0];
  }
  return undefined;
}
