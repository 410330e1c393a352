/**
 * What a failed call to Route 53 means for what happens next. The one question is whether a change may have been taken:
 * only where the provider refused it in words, or was never reached, is the effect `none`.
 */
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';

/** Refused for now, taken by nobody: the same request may be sent again. */
const FOR_NOW = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'PriorRequestNotComplete']);
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const NOT_ALLOWED = new Set(['AccessDenied', 'AccessDeniedException', 'InvalidClientTokenId', 'SignatureDoesNotMatch']);

type Thrown = { name?: string; code?: string; message?: string; $metadata?: { httpStatusCode?: number } };

/** The service answered in words that it did not do it. */
const refused = (error: Thrown): boolean => {
  const status = error.$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
};

export const refusedForNow = (error: unknown): boolean =>
  refused(error as Thrown) && FOR_NOW.has((error as Thrown).name ?? '');

/** One sentence and the effect, for any error of the SDK. `changing`: whether the call could have changed something. */
export function failureOf(
  thrown: unknown,
  call: { operation: string; zone: string; changing: boolean; cancelled: boolean; timeoutMs: number },
): IntegrationError {
  const error = (thrown ?? {}) as Thrown;
  const none = !call.changing || refused(error) || neverReached(error);
  const effect = none ? 'none' : 'unknown';
  const [code, what] = describe(error, thrown, call);
  return new IntegrationError(`Route 53, zone ${call.zone}: ${what}`, {
    code,
    hint: hintFor(error, effect),
    cause: thrown,
    system: 'route53',
    operation: call.operation,
    effect,
  });
}

function describe(
  error: Thrown,
  thrown: unknown,
  { operation, cancelled, timeoutMs }: { operation: string; cancelled: boolean; timeoutMs: number },
): [code: string, what: string] {
  const name = error.name ?? '';
  const status = error.$metadata?.httpStatusCode;
  if (refused(error)) {
    const kind = FOR_NOW.has(name) ? 'dns-busy' : NOT_ALLOWED.has(name) ? 'dns-denied' : 'dns-refused';
    return [kind, `${operation} was refused with ${name}: ${short(error.message)}`];
  }
  if (status !== undefined && status >= 500) return ['dns-unavailable', `${operation} got HTTP ${status} (${name}).`];
  if (cancelled) return ['cancelled', `${operation} was cancelled.`];
  if (name === 'CredentialsProviderError') return ['dns-credentials', `there are no AWS credentials (${operation}).`];
  if (name === 'TimeoutError' || name === 'AbortError') {
    return ['dns-timeout', `${operation} was not answered within its limit (${timeoutMs} ms a try).`];
  }
  return ['dns-unreachable', `${operation} failed: ${sentenceOf(thrown)}`];
}

function neverReached(error: Thrown): boolean {
  if (NEVER_REACHED.has(error.code ?? '') || error.name === 'CredentialsProviderError') return true;
  return error.name === 'TimeoutError' && (error.message ?? '').includes('did not establish a connection');
}

function hintFor(error: Thrown, effect: 'none' | 'unknown'): string {
  if (effect === 'unknown')
    return 'Whether it was taken must be observed: ask the authorities, and do not send it again blindly.';
  if (NOT_ALLOWED.has(error.name ?? '')) return 'Check the credentials and their rights for this zone.';
  if (FOR_NOW.has(error.name ?? '')) return 'Nothing was changed; try again in a minute.';
  if (error.name === 'CredentialsProviderError') return 'Give Regent a role or keys that may change this zone.';
  return 'Nothing was changed.';
}

const short = (message: string | undefined): string => (message ?? 'no reason given').split('\n')[0]!.slice(0, 300);
