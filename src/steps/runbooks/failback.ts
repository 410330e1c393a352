/**
 * Going home: the planned switchover with the regions the other way round. What was left once may be cut off still and
 * has not been watched for long: that is asked before anybody decides.
 */
import { FAILBACK } from '../../machine/types.ts';
import { networkOpen } from '../network-open.ts';
import { noStaleFence } from '../no-stale-fence.ts';
import { soakPassed } from '../soak-passed.ts';
import type { Runbook } from '../step.ts';
import { planned } from './planned.ts';

/** What going home asks beyond what every planned run does. */
const BEFORE = [networkOpen, soakPassed];

export const failback: Runbook = {
  name: FAILBACK,
  nodes: planned.nodes.flatMap((node) => {
    if (node.id === noStaleFence.id) return [node, ...BEFORE];
    return 'kind' in node && node.id === 'promote'
      ? [{ ...node, after: [...node.after, ...BEFORE.map(({ id }) => id)] }]
      : [node];
  }),
};
