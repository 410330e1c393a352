/** A few MB of a product's data: what a safety backup has to move before it is done. */
import { Redis } from 'ioredis';
import { execute } from '../postgres/roles.ts';

/** Secrets of the vault: about 5 MB in 4,000 rows. `url` is the application's own. */
export async function fillDatabase(url: string): Promise<void> {
  await execute(url, [
    'CREATE TABLE secrets (id int PRIMARY KEY, name text NOT NULL, value text NOT NULL)',
    `INSERT INTO secrets SELECT id, 'service/' || id % 8 || '/key/' || id,
            (SELECT string_agg(md5(id::text || ':' || part), '') FROM generate_series(1, 38) AS part)
       FROM generate_series(1, 4000) AS id`,
  ]);
}

/** Sessions: about 2 MB in 2,000 keys. */
export async function fillCache(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    const batch = client.pipeline();
    for (let id = 0; id < 2000; id += 1) batch.set(`session:${id}`, `${id};`.repeat(200), 'EX', 86_400);
    await batch.exec();
  } finally {
    client.disconnect();
  }
}
