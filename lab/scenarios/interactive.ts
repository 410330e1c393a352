/** `npm run lab`: the world, Regent, and a page in the browser to try it by hand. Ctrl-C ends everything. */
import { startRegent } from '../world/regent.ts';
import { startWorld } from '../world/world.ts';

export async function interactive(options: {
  pace: number;
  latencyMs: number;
  port: number;
  say: (line: string) => void;
  stop: AbortSignal;
}): Promise<number> {
  const { pace, latencyMs, say, stop } = options;
  const world = await startWorld({ pace, latencyMs, softFence: false, say });
  const regent = await startRegent(world).catch(async (error) => {
    await world.close();
    throw error;
  });
  say('ready');
  await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  await regent.stop();
  await world.close();
  return 0;
}
