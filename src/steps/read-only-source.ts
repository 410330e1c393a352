import { done, notDone } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** Courtesy: well-behaved clients get a clear refusal. A client's own SET walks through it, so the fence follows. */
export const readOnlySource = defineStep({
  id: 'read-only-source',
  title: 'Ask {source} to be read-only',
  about: {
    does: 'Sets `default_transaction_read_only` in {source}, so that well-behaved clients get a clear refusal. It keeps nobody out: the fence follows. From here on writes are refused and the outage clock runs.',
    asks: 'Opens a fresh session in {source} and reads the setting. Done when it is on.',
    whenItStops: [
      '“yet a new session gets off”: a setting of the role or of the database overrides it. `\\drds` in psql shows which.',
      'Asked to approve the promotion again instead: the lag had grown above its bound. The new card shows both.',
    ],
  },
  phase: 'promoting',
  after: ['pause-pools'],
  repeat: 'idempotent',
  requires: { steps: ['replication-lag'], gate: 'promote' },
  budgetMs: 30_000,
  clock: 'writes-stop',
  uses: ['database'],
  async check({ database, source, signal }) {
    const { readOnly } = await database.observe(source, signal);
    return readOnly
      ? done({ readOnly }, 'default_transaction_read_only on; a courtesy, the fence follows')
      : notDone('default_transaction_read_only off → on', { readOnly });
  },
  async run({ database, source, signal }) {
    await database.setReadOnly(source, true, signal);
    return undefined;
  },
  async undo({ database, source, before, signal }) {
    await database.setReadOnly(source, before['readOnly'] === true, signal);
    return { readOnly: (await database.observe(source, signal)).readOnly };
  },
});
