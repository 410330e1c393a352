/**
 * What keeps a region from serving that was left once: fences of an earlier run, and of people who were in a hurry.
 * Found by asking the region itself, never by what a record says should be there; lifted only because a person said so.
 */
import type { Workload } from '../ports/cluster.ts';
import { DENY_POLICY, REVIEW, REVIEW_NOTE } from './marks.ts';
import { type Reached, reach } from './reaching.ts';
import type { Ports } from './step.ts';
import type { System } from './system.ts';

export type Fence = {
  /** What stands there, in a few words. */
  says: string;
  /** Sets the state that lets it serve, safe to repeat; null where that is not Regent's to do. */
  lift: ((signal: AbortSignal) => Promise<void>) | null;
  /** Not even a standby can run behind it. */
  blocks?: true;
};

type Known = Pick<System, 'regions' | 'deployments' | 'mayDiffer'>;
type Asked = { region: string; serving: string; system: Known };
type Handed = Pick<Ports, 'database' | 'cluster'>;

/**
 * Every fence that stands in `region` while `serving` serves, in the order they are lifted: the tag comes last, so that
 * whoever finds the region half lifted still reads what it is. `silent`: who did not answer, one sentence each.
 * @throws what a server refused
 */
export async function staleFences(
  { database, cluster }: Handed,
  { region, serving, system }: Asked,
  signal: AbortSignal,
): Promise<{ fences: Fence[]; silent: string[] }> {
  const [view, own, others, nodes, denied, labels, note] = await Promise.all([
    reach(signal, (limit) => database.observe(region, limit)),
    reach(signal, (limit) => cluster.workloads(region, limit)),
    reach(signal, (limit) => cluster.workloads(serving, limit)),
    reach(signal, (limit) => cluster.nodes(region, limit)),
    reach(signal, (limit) => cluster.trafficDenied(region, DENY_POLICY, limit)),
    reach(signal, (limit) => cluster.labels(region, REVIEW, limit)),
    reach(signal, (limit) => cluster.annotation(region, REVIEW_NOTE, limit)),
  ]);
  const fences: Fence[] = [];
  const add = (says: string, lift: Fence['lift'], more: Pick<Fence, 'blocks'> = {}) =>
    fences.push({ says, lift, ...more });

  const stopped = stoppedHere(own, others, system);
  for (const { name, was } of stopped.filter(({ kind }) => kind === 'statefulset')) {
    // What was stopped as a primary starts as one: only making it a standby first is safe, and not a fence's business.
    const isFence = isPostgres(system, region, name);
    add(
      `StatefulSet ${name} at 0${isFence ? ', Postgres with it: make it a standby first' : ''}`,
      isFence ? null : (limit) => cluster.scale(region, 'statefulset', name, was, limit),
    );
  }
  const silenced = stopped.filter(({ kind }) => kind === 'deployment');
  if (silenced.length > 0)
    add(`Deployment ${someOf(silenced.map(({ name }) => name))} at 0`, async (limit) => {
      await Promise.all(silenced.map(({ name, was }) => cluster.scale(region, 'deployment', name, was, limit)));
    });
  if (view.answered) {
    const { readOnly, closedDatabases } = view.value;
    if (readOnly)
      add('default_transaction_read_only on in Postgres', (limit) => database.setReadOnly(region, false, limit));
    // The catalog is the primary's, and reaches the standby with the log.
    if (closedDatabases.length > 0)
      add(`${closedDatabases.join(', ')} closed to connections`, (limit) => database.reopen(serving, limit));
  }
  if (nodes.answered) {
    const cordoned = nodes.value.filter((node) => !node.schedulable).map(({ name }) => name);
    if (cordoned.length > 0)
      add(
        `${cordoned.length} of ${nodes.value.length} nodes cordoned: ${someOf(cordoned)}`,
        (limit) => cluster.cordon(region, cordoned, false, limit),
        { blocks: true },
      );
  }
  if (denied.answered && denied.value !== 'no')
    add(`NetworkPolicy ${DENY_POLICY}`, (limit) => cluster.denyTraffic(region, DENY_POLICY, false, limit), {
      blocks: true,
    });
  const tagged = labels.answered ? Object.values(labels.value).filter((value) => value !== null).length : 0;
  if (tagged > 0 || (note.answered && note.value !== null))
    add(`tagged for review (${REVIEW})`, async (limit) => {
      await cluster.label(region, REVIEW, null, limit);
      await cluster.annotate(region, REVIEW_NOTE, null, limit);
    });

  const silent = [...new Set([view, own, others, nodes, denied, labels, note].flatMap(silence))];
  return { fences, silent };
}

const silence = (seen: Reached<unknown>): string[] => (seen.answered ? [] : [seen.why]);

/**
 * What runs where it serves and is at 0 here, but for what `rules.mayDiffer` names. Deployments that are moved are
 * scaled up by the run itself; nobody would start the others.
 */
function stoppedHere(
  own: Reached<Workload[]>,
  others: Reached<Workload[]>,
  { deployments, mayDiffer }: Known,
): (Pick<Workload, 'kind' | 'name'> & { was: number })[] {
  if (!own.answered || !others.answered) return [];
  const keyOf = ({ kind, name }: Pick<Workload, 'kind' | 'name'>) => `${kind}/${name}`;
  const served = new Map(others.value.map((one) => [keyOf(one), one.wanted]));
  const exempt = new Set([...mayDiffer, ...deployments.map(({ name }) => `deployment/${name}`)]);
  return own.value.flatMap((one) => {
    const was = served.get(keyOf(one)) ?? 0;
    return one.wanted === 0 && was > 0 && !exempt.has(keyOf(one)) ? [{ kind: one.kind, name: one.name, was }] : [];
  });
}

function isPostgres(system: Known, region: string, name: string): boolean {
  const { fence } = system.regions[region]!;
  return fence.strategy === 'statefulset' && fence.name === name;
}

const MOST_NAMES = 3;
const someOf = (names: string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
