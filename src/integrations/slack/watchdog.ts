/**
 * Looks whether anybody listens. Slack's client can end without a connection, without an event and without an error;
 * a bot that looks alive and hears nothing is worse than one that ends and is started again.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from './log.ts';

type Watched = { name: string; isUp: () => boolean };
type Options = {
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  everyMs: number;
  deafAfterMs: number;
  links: Watched[];
  /** Called once, with a sentence. */
  onDeaf: (why: string) => void;
};

/** Watches until the signal aborts, or until it has told that nobody listens. */
export async function watch({ clock, log, signal, everyMs, deafAfterMs, links, onDeaf }: Options): Promise<void> {
  const upAt = new Map(links.map(({ name }) => [name, clock.now()]));
  const reported = new Set<string>();
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    for (const { name, isUp } of links) {
      if (isUp()) {
        upAt.set(name, clock.now());
        if (reported.delete(name)) log.info({ connection: name }, 'a Slack connection is back');
      } else if (clock.now() - upAt.get(name)! >= deafAfterMs && !reported.has(name)) {
        reported.add(name);
        log.warn({ connection: name, ms: deafAfterMs }, 'a Slack connection stays down');
      }
    }
    const silent = clock.now() - Math.max(...upAt.values());
    if (silent < deafAfterMs) continue;
    log.error({ ms: silent }, 'no Slack connection listens');
    onDeaf(
      `No connection to Slack has been listening for ${Math.round(silent / 1000)} s: commands and clicks are lost.`,
    );
    return;
  }
}
