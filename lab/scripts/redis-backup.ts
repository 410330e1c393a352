/**
 * redis_backup.sh --region=<alias or name>: every key of the region's Redis into a file in the other region's store, one
 * JSON line each, its value as DUMP gives it (RESTORE takes it back). Keys written meanwhile may or may not be in it.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { otherRegion } from './lib/facts.ts';
import { runScript } from './lib/script.ts';
import { moveFile, stamped } from './lib/transfer.ts';

/** Writes the file and gives back how many keys are in it. */
async function dump(url: string, file: string): Promise<number> {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 3_000,
    commandTimeout: 10_000,
  });
  let trouble: Error | undefined;
  client.on('error', (error: Error) => {
    trouble ??= error;
  });
  const target = openSync(file, 'wx', 0o600);
  try {
    await client.connect().catch((error: Error) => {
      throw trouble ?? error;
    });
    // SCAN may name a key twice.
    const seen = new Set<string>();
    for await (const keys of client.scanBufferStream({ count: 500 }) as AsyncIterable<Buffer[]>)
      for (const key of keys) {
        const name = key.toString('base64');
        if (seen.has(name)) continue;
        const [value, ttlMs] = await Promise.all([client.dumpBuffer(key), client.pttl(key)]);
        // It expired in between.
        if (value === null) continue;
        seen.add(name);
        writeSync(
          target,
          `${JSON.stringify({ key: name, ttlMs: Math.max(0, ttlMs), value: value.toString('base64') })}\n`,
        );
      }
    return seen.size;
  } finally {
    closeSync(target);
    client.disconnect();
  }
}

await runScript({
  name: 'redis_backup.sh',
  usage: 'redis_backup.sh --region=<alias or name of the region to back up>',
  regions: ['region'],
  async main({ facts, region, run, corrupt }) {
    const from = region('region');
    if (from.redis === null) return { summary: `${from.name} has no Redis: nothing to back up`, bytes: 0 };
    const other = otherRegion(facts, from);
    const name = `redis-of-${from.name}-${stamped(run)}.jsonl`;
    mkdirSync(from.store, { recursive: true, mode: 0o700 });
    const staged = join(from.store, `${name}.staged`);
    try {
      const keys = await dump(from.redis, staged).catch((error: Error) => {
        throw new Error(`Redis in ${from.name} could not be read: ${error.message}.`);
      });
      const to = join(other.store, 'redis', name);
      const where = `the store of ${other.name}`;
      const moved = await moveFile({ from: staged, to, where, pace: facts.pace, corrupt });
      return { summary: `${keys} keys of Redis copied to ${where}`, ...moved, file: to, keys };
    } finally {
      rmSync(staged, { force: true });
    }
  },
});
