import type { Finding } from '../machine/types.ts';
import { type Answer, done, type Watching } from '../ports/answer.ts';
import type { Database } from '../ports/database.ts';
import { reach } from './reaching.ts';
import { defineCheck } from './step.ts';
import {
  type Handed,
  latencyTrouble,
  nodeTrouble,
  orUnknown,
  podTrouble,
  requestTrouble,
  type Sign,
  together,
  usageTrouble,
  watchedText,
} from './trouble.ts';

/**
 * The commit window. It stands in `closing`, after what secures the region that was left: nothing that makes a region
 * safe waits for it, and its time is outside of the recovery time.
 */
export const watchHealth = defineCheck({
  id: 'watch-health',
  title: 'Watch {target} before this is over',
  about: {
    does: 'Holds the run open for the time of `hold` while {target} serves, and looks for trouble that a switch brings with it minutes later: caches that fill, pods that find no node, a database that is slower than the old one. A change freeze stands meanwhile. It never sends anything. Only where `hold` is configured.',
    asks: 'Asks the cluster of {target} for pods that are not ready or find no node, for nodes that are not ready or short of memory, disk or processes, and for CPU and memory in use; the metrics for failed requests and response times, as the checks before did. Done when the time is over and none of it stands. Trouble that stands then is waited for as long as `hold.grace`, then it holds. What nobody has set up is said and not waited for; what does not answer is.',
    whenItStops: [
      '“CPU”, “memory” or “requests within” of a service: give it more pods with the button of the card or `/dr scale SERVICE N`, then see whether the trouble goes. The rest is as with the checks of the same words before.',
      '“finds no node” and “not ready” of a node: add nodes in {target}, or stop there what is not needed. `kubectl describe node` says what a node is short of.',
      '“no data”, “not measured”, “did not answer”: nobody can say that {target} is well. Look yourself; go on by `/dr skip watch-health reason:"…"` with what you saw.',
      'Pods, nodes or failed requests, where nobody can say what would help: `/dr scale…` on the card asks which service, and how many pods.',
      'To go back: *Go back to {source}…* on the card, or the command itself, which then offers to end the watch. Without loss while {source} streams from {target}; the headline says whether it does.',
      '{target} itself is lost: `/dr declare {target} reason:"…"`, or the card of the outage. The watch ends with that, in the same moment in which the next run begins.',
    ],
  },
  phase: 'closing',
  budgetMs: 15 * 60_000,
  everyMs: ({ hold, pollMs }) => hold?.everyMs ?? pollMs,
  uses: ['cluster', 'metrics', 'probe', 'database', 'clock'],
  proves: false,
  when: ({ hold }) => hold !== undefined,
  async check(handed): Promise<Answer> {
    const { system, own, clock, target } = handed;
    const { forMs } = system.hold!;
    const [{ findings, unread }, streams] = await Promise.all([signs(handed), streamsBack(handed)]);
    const until = own?.watch?.until ?? clock.now() + forMs;
    const watch: Watching = { until, findings, streams, unread };
    const had = [...new Set([...(own?.watch?.had ?? []), ...findings.map(({ id }) => id)])];
    const evidence = { watchedMs: forMs, until, had, unread, streams, now: findings.map(({ words }) => words) };
    const left = until - clock.now();
    if (left <= 0 && findings.length === 0) return done(evidence, endWords(forMs, had, unread));
    if (findings.length === 0) return { is: 'unknown', why: `${target} is watched`, evidence, watch };
    const why = findings.map(({ words }) => words).join('; ');
    const bad = findings.some(({ is }) => is === 'bad');
    return { is: bad ? 'notDone' : 'unknown', why, evidence, watch };
  },
});

async function signs(handed: Handed): Promise<Sign> {
  const { cluster, target, values, signal } = handed;
  const names = values.deployments.map(({ name }) => name);
  const present = cluster.deployments(target, names, signal);
  const of = (make: (list: Awaited<typeof present>) => Sign | Promise<Sign>) => present.then(make);
  const all = await Promise.all([
    orUnknown(
      'pods',
      'pods',
      of((list) => podTrouble(list, names)),
    ),
    orUnknown('nodes', 'nodes', nodeTrouble(handed)),
    orUnknown(
      'usage',
      'CPU and memory',
      of((list) => usageTrouble(handed, list)),
    ),
    orUnknown('requests', 'failed requests', requestTrouble(handed)),
    orUnknown(
      'latency',
      'response times',
      of((list) => latencyTrouble(handed, list)),
    ),
  ]);
  signal.throwIfAborted();
  return together(all);
}

/** A region that may be gone is asked this long, ms: it is told beside the rest, and must not take the rest's time. */
const BESIDE_MS = 1000;

/** Whether the way back is without loss; null where the region that was left does not say. */
async function streamsBack({
  database,
  source,
  signal,
}: Pick<Handed, 'source' | 'signal'> & { database: Database }): Promise<boolean | null> {
  const seen = await reach(signal, (limit) => database.observe(source, limit), BESIDE_MS).catch(() => null);
  return seen?.answered ? seen.value.role === 'standby' && seen.value.streamingFrom !== null : null;
}

function endWords(ms: number, had: Finding['id'][], unread: string[]): string {
  const trouble =
    had.length === 0 ? 'no trouble' : `${had.length} ${had.length === 1 ? 'trouble' : 'troubles'}, gone again`;
  const silent = unread.length === 0 ? '' : `; not watched: ${unread.join('; ')}`;
  return `${watchedText(ms)}: ${trouble}${silent}`;
}
