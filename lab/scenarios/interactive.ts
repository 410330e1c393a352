/** `npm run lab`: the world, Regent, and a page in the browser to try it by hand. Ctrl-C ends everything. */
import { startPage } from '../page/server.ts';
import type { PostgresVersion } from '../postgres/programs.ts';
import type { WorldName } from '../world/kinds.ts';
import { ANA, BO, CY, DEE, EVE } from '../world/people.ts';
import { startRegent } from '../world/regent.ts';
import { watchWorld } from '../world/view.ts';
import { startWorld, type Transport } from '../world/world.ts';
import { startRogue } from '../writer/rogue.ts';
import { startWriter } from '../writer/writer.ts';

const MAY = {
  [ANA]: 'may ask for a failover, not approve her own',
  [BO]: 'may approve and confirm',
  [CY]: 'may approve and confirm; is asked when nobody decides',
  [DEE]: 'may read along',
  [EVE]: 'a guest, may do nothing',
};

export async function interactive(options: {
  world: WorldName;
  postgres?: PostgresVersion;
  pace: number;
  latencyMs: number;
  transport: Transport;
  port: number;
  say: (line: string) => void;
  stop: AbortSignal;
}): Promise<number> {
  const { pace, latencyMs, transport, postgres, say, stop } = options;
  const closers: (() => unknown)[] = [];
  try {
    const world = await startWorld({
      world: options.world,
      ...(postgres && { postgres }),
      pace,
      latencyMs,
      softFence: false,
      transport,
      say,
    });
    closers.push(() => world.close());
    const [from] = world.regions;
    const zone = world.file.dns[0]!.zoneName;
    const writer = startWriter({
      url: world.product.writerUrl,
      lookup: world.resolver.lookup,
      everyMs: 20,
    });
    closers.push(() => writer.stop());
    const rogue = startRogue({ url: world.product.database(from), everyMs: 500 });
    closers.push(() => rogue.stop());
    const watched = watchWorld(world, writer, rogue);
    closers.push(() => watched.stop());
    const page = await startPage({
      slack: world.slack,
      world: () => watched.view(),
      onWorldChange: (listener) => watched.onChange(listener),
      suggested: `/dr failover ${from} reason:"maintenance"`,
      may: MAY,
      port: options.port,
    }).catch((error: Error & { code?: string }) => {
      throw error.code === 'EADDRINUSE'
        ? new Error(`Port ${options.port} is taken. Give another one: npm run lab -- --port 0 takes any free one.`)
        : error;
    });
    closers.push(() => page.close());
    const regent = await startRegent(world);
    closers.push(() => regent.stop());
    say(`\nOpen ${page.url}\n`);
    say(`You are Ana: type /dr failover ${from} reason:"maintenance", then be Bo and approve.`);
    say(`Pace ${pace}: every wait is divided by it. dig @127.0.0.1 -p ${world.resolver.port} api.${zone}`);
    say('Ctrl-C ends everything and leaves nothing behind.');
    await Promise.race([
      regent.ended.then((status) => say(`Regent has ended with status ${status}.`)),
      new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true })),
    ]);
    return 0;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
