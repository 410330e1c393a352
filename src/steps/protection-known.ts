import { done } from '../ports/answer.ts';
import { reach } from './reaching.ts';
import { defineCheck } from './step.ts';

/** What is left to fall back on: said loudly where it is nothing. */
export const protectionKnown = defineCheck({
  id: 'protection-known',
  title: 'See what protects {target} now',
  about: {
    does: 'Says which regions still follow {target}. Where none does, the system is unprotected: the loss of {target} would be the loss of service and data. That stays on show, and /dr status says so until {source} streams again.',
    asks: 'Asks Postgres of every other region whether it streams; those that may be gone have a short time to answer. It is done with whatever it finds: what it found is the news.',
    whenItStops: ['It does not answer: see whether Postgres in {target} can be reached, and press Retry.'],
  },
  phase: 'securing',
  budgetMs: 60_000,
  uses: ['database'],
  async check({ database, source, target, system, signal }) {
    const others = Object.keys(system.regions).filter((region) => region !== target);
    const seen = await Promise.all(
      others.map(async (region) => {
        const view = await reach(signal, (limit) => database.observe(region, limit));
        return { region, streams: view.answered && view.value.role === 'standby' && view.value.streamingFrom !== null };
      }),
    );
    const streaming = seen.flatMap(({ region, streams }) => (streams ? [region] : []));
    const left = streaming.filter((region) => region !== source);
    if (left.length > 0) return done({ streaming }, `${left.join(', ')} still stands by`);
    if (streaming.includes(source)) return done({ streaming }, `${source} still streams, nothing else stands by`);
    const warning = `UNPROTECTED: nothing stands by for ${target}`;
    return done({ streaming, warning }, warning);
  },
});
