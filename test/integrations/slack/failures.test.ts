/** Which failed calls may have had an effect: the difference between saying it again and asking first. */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/integrations/slack/failures.ts';

const answered = (error: string, more: object = {}) => new WebAPIPlatformError({ ok: false, error, ...more });
const broken = (code: string, syscall?: string) => {
  const cause = Object.assign(new Error(code), { code, ...(syscall ? { syscall } : {}) });
  return new WebAPIRequestError(new TypeError('fetch failed', { cause }));
};

describe('a failed call', () => {
  test.each([
    ['a refusal', answered('channel_not_found'), 'refused', 'none'],
    ['a 429', new WebAPIRateLimitedError(7), 'limited', 'none'],
    ['a 200 that says ratelimited', answered('ratelimited'), 'limited', 'none'],
    ['a 429 without a time', new Error('Retry header did not contain a valid timeout (url: x)'), 'limited', 'none'],
    ['an internal error', answered('internal_error'), 'unsure', 'unknown'],
    ['an answer that is no JSON', answered('<html>Bad gateway</html>'), 'unsure', 'unknown'],
    ['a 503', new WebAPIHTTPError(503, '', {}), 'unsure', 'unknown'],
    ['a 404', new WebAPIHTTPError(404, '', {}), 'refused', 'none'],
    ['a reset', broken('ECONNRESET', 'read'), 'unsure', 'unknown'],
    ['a timeout', new WebAPIRequestError(new DOMException('timed out', 'TimeoutError')), 'unsure', 'unknown'],
    ['nobody listening', broken('ECONNREFUSED', 'connect'), 'unsent', 'none'],
    ['no such name', broken('ENOTFOUND', 'getaddrinfo'), 'unsent', 'none'],
    ['an untrusted certificate', broken('SELF_SIGNED_CERT_IN_CHAIN'), 'unsent', 'none'],
    ['something else', 'thrown', 'unsure', 'unknown'],
  ])('%s', (_, thrown, kind, effect) => {
    const failure = failureOf('chat.postMessage', thrown);
    expect(failure.kind).toBe(kind);
    expect(failure.error.effect).toBe(effect);
    expect(failure.error.sentence).toMatch(/^Slack .*\./);
    expect(failure.error.sentence).not.toMatch(/[<{]/);
  });

  test('waits as long as the body or the header says', () => {
    const limit = (error: unknown) => {
      const failure = failureOf('chat.update', error);
      return failure.kind === 'limited' ? failure.error.afterMs : undefined;
    };
    expect(limit(new WebAPIRateLimitedError(7))).toBe(7000);
    expect(limit(answered('ratelimited', { response_metadata: { retryAfter: 3 } }))).toBe(3000);
    expect(limit(answered('rate_limited'))).toBe(1000);
  });

  test('a missing scope names it', () => {
    const { error } = failureOf('pins.add', answered('missing_scope', { needed: 'pins:write' }));
    expect(error.sentence).toContain('Add the missing scope (pins:write) from manifest.yml');
  });
});
