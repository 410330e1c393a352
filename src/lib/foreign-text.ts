/** What another program wrote, made fit to stand inside a sentence of ours. */

/**
 * One line without control characters, without a full stop at its end, at most 200 characters, none of our secrets in it
 * (a server may repeat what it was sent).
 */
export function foreignText(text: unknown, secrets: readonly string[] = []): string {
  const hidden = secrets
    .filter((secret) => secret.length >= 4)
    .reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), String(text));
  return hidden
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .replace(/[.\s]+$/, '');
}
