import { done, notDone } from '../ports/answer.ts';
import { roomIn } from './room.ts';
import { defineCheck } from './step.ts';

/** Proven from allocatable minus requests, for exactly the pods the plan asks: a standby region is often too small. */
export const targetCapacity = defineCheck({
  id: 'target-capacity',
  title: 'Prove {target} has room',
  about: {
    does: 'Shows before the promotion is approved that {target} can carry full load: a standby region is often too small.',
    asks: 'Counts free CPU, memory and pod places on the ready nodes of {target}, and fits into them the pods that are still missing there. Done when every one of them finds a node.',
    whenItStops: [
      '“no room”: add nodes in {target}, or stop there what is not needed, then press Retry. The card names the services that do not fit.',
      '“has no deployment”: deploy the named services to {target} first; Regent only changes how many pods they have.',
    ],
  },
  phase: 'assessing',
  budgetMs: 60_000,
  uses: ['cluster'],
  proves: true,
  async check({ cluster, target, values, signal }) {
    const { capacity, asked, absent, missing } = await roomIn(cluster, target, values.deployments, signal);
    if (absent.length > 0) return notDone(`${target} has no deployment ${absent.join(', ')}`, { absent });
    const podsAsked = values.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
    const toStart = asked.reduce((sum, { pods }) => sum + pods, 0);
    const evidence = {
      podsAsked,
      podsToStart: toStart,
      nodesReady: capacity.readyNodes,
      nodes: capacity.nodes,
      freeCpu: Math.round(capacity.free.reduce((sum, node) => sum + node.cpu, 0) * 100) / 100,
      freeMemoryBytes: capacity.free.reduce((sum, node) => sum + node.memoryBytes, 0),
      missing,
    };
    if (missing.length > 0)
      return notDone(
        `no room in ${target} for ${missing.map(({ name, pods }) => `${pods} of ${name}`).join(', ')}`,
        evidence,
      );
    return done(
      evidence,
      `room for ${toStart} more pods of ${podsAsked} asked, ${capacity.readyNodes} of ${capacity.nodes} nodes ready`,
    );
  },
});
