/**
 * What the service that keeps tasks keeps. The writer's tasks have ids of its own choosing and are what a failover may not lose; what
 * anybody else creates has a name and a table of its own, so that neither is ever taken for the other.
 */
import type { IncomingMessage } from 'node:http';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { bodyOf } from './body.ts';

/** What the application's role runs once, on the first primary. */
export const TASK_TABLES = [
  'CREATE TABLE tasks (id bigint PRIMARY KEY, region text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  'CREATE TABLE named_tasks (name text PRIMARY KEY, region text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
];

type Stores = { pool: Pool; redis: Redis | null; region: string };
type Reply = { status: number; body: object };

/** null: not about tasks. What a store refuses is thrown. */
export async function replyOfTasks(request: IncomingMessage, url: URL, stores: Stores): Promise<Reply | null> {
  if (request.method === 'POST' && url.pathname === '/tasks') {
    const id = url.searchParams.get('id');
    return id === null ? await create(await bodyOf(request), stores) : await add(Number(id), stores);
  }
  const name = request.method === 'GET' ? /^\/tasks\/([\w.-]+)$/.exec(url.pathname)?.[1] : undefined;
  return name === undefined ? null : await read(name, stores);
}

/** The writer's: `POST /tasks?id=7`. Acknowledged only when both have it: what was acknowledged may never be lost. */
async function add(id: number, { pool, redis, region }: Stores): Promise<Reply> {
  await pool.query('INSERT INTO tasks (id, region) VALUES ($1, $2)', [id, region]);
  if (redis) await redis.sadd('tasks', String(id));
  return { status: 201, body: { id, region } };
}

/** Anybody's: `POST /tasks` with `{"name": "…"}`. Creating it once more leaves one. */
async function create(body: string, { pool, redis, region }: Stores): Promise<Reply> {
  const name = nameIn(body);
  if (name === undefined) return { status: 400, body: { error: 'send {"name": "…"}: letters, digits, dots, hyphens' } };
  await pool.query(
    'INSERT INTO named_tasks (name, region) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET region = $2, at = now()',
    [name, region],
  );
  if (redis) await redis.sadd('named-tasks', name);
  return { status: 201, body: { name, region } };
}

/** `GET /tasks/NAME`: one that was created by name. */
async function read(name: string, { pool }: Stores): Promise<Reply> {
  const { rows } = await pool.query<object>('SELECT name, region, at FROM named_tasks WHERE name = $1', [name]);
  const [row] = rows;
  return row === undefined ? { status: 404, body: { error: `no task ${name}` } } : { status: 200, body: row };
}

function nameIn(body: string): string | undefined {
  try {
    const { name } = JSON.parse(body) as { name?: unknown };
    return typeof name === 'string' && /^[\w.-]{1,200}$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
