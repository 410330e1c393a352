/** Connecting to the chat: at once where it is the only way in, in the background where there is another. */
import { ConfigError, sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../runner/engine.ts';

const AGAIN_MS = 10_000;

type World = {
  start(): Promise<{ team: string; botUser: string }>;
  /** There is a way in without it: its outage delays nothing else. */
  elsewhere: boolean;
  clock: Clock;
  log: Log;
  stop: AbortSignal;
  /** A configuration that cannot work. */
  onWrong(why: string): void;
};

/** Resolves when it is connected, or, where there is another way in, at once. */
export async function connectChat({ start, elsewhere, clock, log, stop, onWrong }: World): Promise<void> {
  const connected = async (): Promise<void> => {
    const { team, botUser } = await start();
    log.info({ team, botUser }, 'Slack is connected');
  };
  if (!elsewhere) return await connected();
  void (async () => {
    while (!stop.aborted) {
      try {
        return await connected();
      } catch (error) {
        if (error instanceof ConfigError) return onWrong(sentenceOf(error));
        log.warn({ error: sentenceOf(error) }, 'Slack is not connected; the API works without it');
        await clock.sleep(AGAIN_MS, stop);
      }
    }
  })();
}
