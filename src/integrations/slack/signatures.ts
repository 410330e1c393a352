/**
 * Whether a request comes from Slack, just now, for the first time. Slack's package checks the signature and the age,
 * but takes a request from the future and the same one again for five minutes; whoever copies one "approve" from a log
 * of a proxy could press it again. Here each signature counts once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type Verdict = { kind: 'new' } | { kind: 'seen' } | { kind: 'refused'; why: string };

export type SignedRequest = {
  /** The body byte for byte as it came: the signature is over that and nothing parsed. */
  body: Buffer;
  timestamp: string | undefined;
  signature: string | undefined;
};

const OLDEST_MS = 5 * 60_000;
/** Clocks of two machines are never quite the same; more than this is not a clock but a forgery, or a broken clock. */
const AHEAD_MS = 30_000;

/** Remembers the signatures it has let through for as long as their timestamps are good. */
export function createSignatures(secret: string, now: () => number) {
  const seen = new Map<string, number>();

  function forget(): void {
    for (const [signature, until] of seen) if (until < now()) seen.delete(signature);
  }

  return {
    check({ body, timestamp, signature }: SignedRequest): Verdict {
      // Exactly this shape: `v0=…=x` or ` 17…` would be the same request under another name.
      if (timestamp === undefined || !/^[1-9]\d{8,11}$/.test(timestamp))
        return { kind: 'refused', why: 'it has no timestamp' };
      if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature))
        return { kind: 'refused', why: 'it has no signature' };
      const at = Number(timestamp) * 1000;
      const ageMs = now() - at;
      if (ageMs > OLDEST_MS) return { kind: 'refused', why: `it is ${Math.round(ageMs / 1000)} s old` };
      if (ageMs < -AHEAD_MS)
        return {
          kind: 'refused',
          why: `its timestamp is ${Math.round(-ageMs / 1000)} s ahead of this machine’s clock`,
        };
      const wanted = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
      if (!timingSafeEqual(wanted, Buffer.from(signature.slice(3), 'hex')))
        return { kind: 'refused', why: 'its signature does not match slack.signingSecret' };
      // Only what is signed is remembered: strangers cannot fill this.
      forget();
      if (seen.has(signature)) return { kind: 'seen' };
      seen.set(signature, at + OLDEST_MS);
      return { kind: 'new' };
    },
    size: () => seen.size,
  };
}
