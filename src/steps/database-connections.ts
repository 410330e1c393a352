import { lengthText } from '../lib/utc.ts';
import { done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** A pool that is idle closes what it does not need: after this long nobody is waited for any more. */
const PATIENCE_MS = 60_000;

/** A service may answer its health check and still hold on to the database it has lost. */
export const databaseConnections = defineCheck({
  id: 'database-connections',
  title: 'See clients connected to Postgres in {target}',
  about: {
    does: 'Looks whether the product has connected to the database that has taken over. Services that keep their sessions to the one that is gone answer their health checks for a while and fail what users ask.',
    asks: 'Counts the sessions of others in the application’s databases in {target}. Done when there is at least one. After a minute without any it goes on with a warning: a product that nobody uses just now may have none.',
    whenItStops: [
      '“may not see”: grant Regent’s role what docs/postgres-role.md says, then press Retry.',
      'It does not answer: see whether Postgres in {target} takes connections, and how many it has left. There is no rollback now: repair it there, then press Retry.',
    ],
  },
  phase: 'verifying',
  after: ['public-health'],
  budgetMs: 2 * 60_000,
  uses: ['database', 'clock'],
  proves: false,
  async check({ database, clock, target, endedOf, signal }) {
    const clients = await database.clients(target, signal);
    const words = `${clients === 0 ? 'no client is' : clients === 1 ? '1 client is' : `${clients} clients are`} connected to Postgres in ${target}`;
    if (clients > 0) return done({ clients }, words);
    const servedAt = endedOf('public-health') ?? endedOf('dns-answers');
    const waitedMs = servedAt === null ? PATIENCE_MS : clock.now() - servedAt;
    if (waitedMs < PATIENCE_MS) return notDone(`${words} yet`, { clients });
    return done({ clients, warning: `${words}, ${lengthText(waitedMs)} after its services answered` }, words);
  },
});
