import { done, notDone } from '../ports/answer.ts';
import { DENY_POLICY } from './marks.ts';
import { owed, reach } from './reaching.ts';
import { defineStep } from './step.ts';

/** What is not stopped, or starts again, reaches nobody and is reached by nobody. */
export const denySource = defineStep({
  id: 'deny-source',
  title: 'Cut the pods of {source} off',
  about: {
    does: `Writes the NetworkPolicy \`${DENY_POLICY}\` into the namespace in {source}: no pod may be reached, none may reach anything, name servers included. It holds where the cluster's network enforces policies. It has to go before {source} is used again: \`kubectl delete networkpolicy ${DENY_POLICY}\`.`,
    asks: 'Reads the policy back. Done when it denies everything; also when {source} does not answer at all: then it is owed, and done as soon as it answers.',
    whenItStops: [
      '“allows something”: somebody changed the policy. Press Retry: it is written anew.',
      '“refused to”: Regent lacks a right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'securing',
  after: ['keep-evidence', 'stop-source'],
  repeat: 'idempotent',
  budgetMs: 60_000,
  callMs: 20_000,
  uses: ['cluster'],
  async check({ cluster, source, signal }) {
    const seen = await reach(signal, (limit) => cluster.trafficDenied(source, DENY_POLICY, limit));
    if (!seen.answered) return owed(source, 'its pods are cut off', seen.why);
    const evidence = { reached: true, owed: false, policy: DENY_POLICY, denied: seen.value };
    if (seen.value === 'yes') return done(evidence, `NetworkPolicy ${DENY_POLICY} denies all traffic`);
    return notDone(
      seen.value === 'other'
        ? `NetworkPolicy ${DENY_POLICY} allows something: write it anew`
        : `write NetworkPolicy ${DENY_POLICY}`,
      evidence,
    );
  },
  async run({ cluster, source, signal }) {
    await cluster.denyTraffic(source, DENY_POLICY, true, signal);
    return undefined;
  },
  async undo({ cluster, source, signal }) {
    await cluster.denyTraffic(source, DENY_POLICY, false, signal);
    return { denied: await cluster.trafficDenied(source, DENY_POLICY, signal) };
  },
});
