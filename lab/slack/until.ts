/** Waiting for something to be seen, without polling: asked again after every change of the workspace. */
import type { World } from './world.ts';

/**
 * The first truthy answer of `read`, now or after a later change. Rejects after `timeoutMs` (default 5000, real time)
 * naming `what` was waited for; an error of `read` rejects at once.
 */
export function until<T>(world: World, read: () => T, timeoutMs = 5000, what = 'something'): Promise<NonNullable<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end();
      reject(new Error(`Waited ${timeoutMs} ms in the lab's Slack for ${what}, and it did not come.`));
    }, timeoutMs);
    // Nobody waits for a workspace that is closed: the servers, not this timer, keep the process alive.
    timer.unref();
    const end = () => {
      clearTimeout(timer);
      world.listeners.delete(look);
    };
    const look = () => {
      try {
        const found = read();
        if (!found) return;
        end();
        resolve(found);
      } catch (error) {
        end();
        reject(error);
      }
    };
    world.listeners.add(look);
    look();
  });
}
