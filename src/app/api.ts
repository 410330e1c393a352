/** The HTTP API as the configuration wants it, over the journal and the chat that are there. */
import type { ApiOptions } from '../api/server.ts';
import type { Dispatch } from '../ports/chat.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../runner/ledger.ts';

type Configured = {
  groups: Record<string, string>;
  api: {
    listen: ApiOptions['listen'];
    tokens: { name: string; person: string; sha256: string; groups: string[] }[];
  };
};

type World = {
  dispatch: Dispatch;
  journal: Pick<Journal, 'transact'>;
  ledger: Pick<Ledger, 'token'>;
  /** When the journal was last written, ms. */
  lastWriteAt(): number | null;
  /** Whether the chat answers, as far as is known without asking it. */
  chatAnswers(): boolean;
  now(): number;
  log: ApiOptions['log'];
};

/** A journal that knows when it was last written, beside itself as it was: asking it who leads is no writing. */
export function timed(journal: Journal, now: () => number): { journal: Journal; lastWriteAt(): number | null } {
  let at: number | null = null;
  const transact: Journal['transact'] = async (work) => {
    const result = await journal.transact(work);
    at = now();
    return result;
  };
  return { journal: { ...journal, transact }, lastWriteAt: () => at };
}

/** What `startApi` is given. */
export function apiOf({ groups, api }: Configured, world: World): ApiOptions {
  const { dispatch, journal, ledger, now, log } = world;
  return {
    listen: api.listen,
    tokens: api.tokens.map(({ person, groups: named, ...rest }) => ({
      ...rest,
      person: person.replace(/^user:/, ''),
      groups: named.map((one) => `group:${groups[one.replace(/^group:/, '')]}`),
    })),
    dispatch,
    names: Object.fromEntries(Object.entries(groups).map(([name, id]) => [id, `group:${name}`])),
    now,
    log,
    async ready() {
      const token = await journal.transact((tx) => tx.currentToken());
      return {
        leads: ledger.token > 0 && token === ledger.token,
        chat: world.chatAnswers() ? 'connected' : 'not connected',
        lastWriteAt: world.lastWriteAt(),
      };
    },
  };
}
