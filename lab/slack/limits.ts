/** Slack's rate limits as token buckets: one message a second per channel with a short burst, and tiers per method. */
import type { RateLimitOptions } from './types.ts';

export type Rate = 'tier1' | 'tier2' | 'tier3' | 'tier4' | 'post' | 'none';

export interface Limits {
  /** Takes one call's worth; answers the whole seconds to wait when there is none left, else 0. */
  take(rate: Rate, method: string, channel: string): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export function createLimits(options: RateLimitOptions | undefined, now: () => number): Limits {
  const buckets = new Map<string, Bucket>();
  const perMinute = {
    tier1: 1,
    tier2: options?.tier2PerMinute ?? 20,
    tier3: options?.tier3PerMinute ?? 50,
    tier4: options?.tier4PerMinute ?? 100,
  };
  const postPerSecond = options?.postPerSecondPerChannel ?? 1;
  const postBurst = options?.postBurst ?? 5;
  const postPerMinute = options?.postPerMinute ?? 300;

  /** Seconds until `key` has a token; 0 when it has one. */
  function wait(key: string, capacity: number, perSecond: number): number {
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now() };
    const elapsed = Math.max(0, now() - bucket.at) / 1000;
    bucket.tokens = Math.min(capacity, bucket.tokens + elapsed * perSecond);
    bucket.at = now();
    buckets.set(key, bucket);
    return bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / perSecond;
  }

  return {
    take(rate, method, channel) {
      if (options?.enabled === false || rate === 'none') return 0;
      const asked: [key: string, capacity: number, perSecond: number][] =
        rate === 'post'
          ? [
              [`post ${channel}`, postBurst, postPerSecond],
              ['post', postPerMinute, postPerMinute / 60],
            ]
          : [[method, perMinute[rate], perMinute[rate] / 60]];
      // Nothing is taken from one bucket while another refuses.
      const longest = Math.max(...asked.map((bucket) => wait(...bucket)));
      if (longest > 0) return Math.ceil(longest);
      for (const [key] of asked) buckets.get(key)!.tokens -= 1;
      return 0;
    },
  };
}
