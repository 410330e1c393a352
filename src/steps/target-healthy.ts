import { done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** A card's worth of trouble; the cluster has the rest. */
const MOST_SENTENCES = 3;
const MOST_NODES = 3;

const someOf = (names: string[]): string =>
  names.length <= MOST_NODES
    ? names.join(', ')
    : `${names.slice(0, MOST_NODES).join(', ')} and ${names.length - MOST_NODES} more`;

/** Whether the target is well as it stands, before it is asked to carry more: room alone does not say so. */
export const targetHealthy = defineCheck({
  id: 'target-healthy',
  title: 'See that {target} is healthy',
  about: {
    does: 'Looks whether what runs in {target} now runs well: a region that already limps should not be given the whole load unseen. It may be skipped with a reason.',
    asks: 'Asks every node of {target} whether it is ready, and every service that is moved whether it has as many ready pods as it wants now. Done when all say so.',
    whenItStops: [
      '“nodes ready”: look at the named nodes with `kubectl describe node`. Where there is room without them (the next check says so), skip this with that as the reason.',
      '“pods ready”: the card carries the newest warnings of the pods. Look at one with `kubectl describe pod`, repair it, then press Retry.',
      '“has no deployment”: deploy the named services to {target} first.',
    ],
  },
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 60_000,
  uses: ['cluster'],
  proves: false,
  async check({ cluster, target, values, signal }) {
    const names = values.deployments.map(({ name }) => name);
    const [{ nodes, notReady }, present] = await Promise.all([
      cluster.capacity(target, signal),
      cluster.deployments(target, names, signal),
    ]);
    const absent = names.filter((name) => !present.some((one) => one.name === name));
    const short = present.filter(({ readyPods, wanted }) => readyPods < wanted);
    const sentences = [
      ...(notReady.length > 0
        ? [`${nodes - notReady.length} of ${nodes} nodes ready in ${target}, not ${someOf(notReady)}`]
        : []),
      ...(absent.length > 0 ? [`${target} has no deployment ${absent.join(', ')}`] : []),
      ...(short.length > 0
        ? [`pods ready: ${short.map(({ name, readyPods, wanted }) => `${name} ${readyPods} of ${wanted}`).join(', ')}`]
        : []),
      ...short.flatMap(({ name, trouble }) => trouble.map((sentence) => `${name}: ${sentence}`)),
    ].slice(0, MOST_SENTENCES);
    const sum = (of: 'readyPods' | 'wanted') => present.reduce((total, one) => total + one[of], 0);
    const evidence = {
      nodes,
      nodesNotReady: notReady,
      podsReady: sum('readyPods'),
      podsWanted: sum('wanted'),
      trouble: sentences,
    };
    if (sentences.length > 0) return notDone(sentences.join('; '), evidence);
    const pods = `${evidence.podsReady} of ${evidence.podsWanted} pods wanted now`;
    return done(evidence, `ready: ${nodes} of ${nodes} nodes, ${pods}`);
  },
});
