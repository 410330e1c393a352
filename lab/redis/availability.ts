/** Whether this machine has a `redis-server`: the lab runs the real one or says plainly that there is none. */
import { isAbsolute, resolve } from 'node:path';
import { onPath, runnable } from '../lib/on-path.ts';
import type { RedisAvailability } from './types.ts';

/** `LAB_REDIS_SERVER` names the program, `none` leaves Redis out, absent: the one on the PATH. */
export function redisAvailability(env: NodeJS.ProcessEnv = process.env): RedisAvailability {
  const wanted = env['LAB_REDIS_SERVER'];
  if (wanted === 'none') return { why: 'LAB_REDIS_SERVER=none: this lab runs without Redis.' };
  if (wanted !== undefined && wanted !== '') {
    const path = isAbsolute(wanted) || wanted.includes('/') ? resolve(wanted) : onPath([wanted], env);
    if (path !== undefined && runnable(path)) return { path };
    return { why: `LAB_REDIS_SERVER names ${wanted}, which is no program one can run: this lab runs without Redis.` };
  }
  const path = onPath(['redis-server'], env);
  if (path !== undefined) return { path };
  return {
    why: 'No redis-server on the PATH: this lab runs without Redis. Install your system\'s package "redis-server", or name the program in LAB_REDIS_SERVER.',
  };
}
