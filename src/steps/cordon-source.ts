import { done, notDone } from '../ports/answer.ts';
import { owed, reach } from './reaching.ts';
import { defineStep } from './step.ts';

/** What comes back by itself comes back as pods: without a node to go to, none starts. */
export const cordonSource = defineStep({
  id: 'cordon-source',
  title: 'Cordon the nodes of {source}',
  about: {
    does: 'Marks every node of the cluster in {source} as unschedulable, so that nothing new starts there. What runs goes on until it is stopped by the next steps. Nodes that were cordoned before are left out of the undo.',
    asks: 'Lists the nodes. Done when none takes new pods; also when {source} does not answer at all: then it is owed, and done as soon as it answers.',
    whenItStops: [
      '“refused to patch nodes”: Regent lacks that right in the cluster (deploy/kubernetes-role.yml has it). Run `kubectl --context CONTEXT cordon NODE` for each, or skip this with a reason.',
      'A node stays schedulable: an autoscaler may have added it meanwhile. Press Retry; stop the autoscaler of nodes there.',
    ],
  },
  phase: 'securing',
  repeat: 'idempotent',
  budgetMs: 60_000,
  callMs: 20_000,
  uses: ['cluster'],
  async check({ cluster, source, signal }) {
    const seen = await reach(signal, (limit) => cluster.nodes(source, limit));
    if (!seen.answered) return owed(source, 'its nodes are cordoned', seen.why);
    const schedulable = seen.value.filter((node) => node.schedulable).map(({ name }) => name);
    const evidence = { reached: true, owed: false, nodes: seen.value.length, schedulable };
    return schedulable.length === 0
      ? done(evidence, `${seen.value.length} nodes take no more pods`)
      : notDone(`cordon ${schedulable.join(', ')}`, evidence);
  },
  async run({ cluster, source, signal }) {
    const open = (await cluster.nodes(source, signal)).filter((node) => node.schedulable);
    await cluster.cordon(
      source,
      open.map(({ name }) => name),
      true,
      signal,
    );
    return undefined;
  },
  async undo({ cluster, source, before, signal }) {
    const schedulable = (before['schedulable'] ?? []) as string[];
    const there = new Set((await cluster.nodes(source, signal)).map(({ name }) => name));
    // A node that is gone meanwhile needs nothing given back.
    const back = schedulable.filter((name) => there.has(name));
    await cluster.cordon(source, back, false, signal);
    return { uncordoned: back };
  },
});
