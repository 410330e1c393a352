/**
 * The emergency: a region is lost, and the other one takes over with what it has. Nothing waits for the region that is
 * gone; what could not be done there is owed, said, and done when it answers again. The order fence → promotion →
 * proven write → DNS holds here too; only a proof of the fence that nobody can have is answered for by a person.
 */
import { backupsUsable } from '../backups-usable.ts';
import { cordonSource } from '../cordon-source.ts';
import { criticalWorkflows } from '../critical-workflows.ts';
import { databaseConnections } from '../database-connections.ts';
import { denySource } from '../deny-source.ts';
import { dnsAnswers } from '../dns-answers.ts';
import { errorRate } from '../error-rate.ts';
import { failureConfirmed } from '../failure-confirmed.ts';
import { fenceLostSource } from '../fence-lost-source.ts';
import { keepEvidence } from '../keep-evidence.ts';
import { lossMeasured } from '../loss-measured.ts';
import { performance } from '../performance.ts';
import { promotePostgres } from '../promote-postgres.ts';
import { promoteRedis } from '../promote-redis.ts';
import { proveFence } from '../prove-fence.ts';
import { proveTargetWritable } from '../prove-target-writable.ts';
import { publicHealth } from '../public-health.ts';
import { quorumHeld } from '../quorum-held.ts';
import { recentWrites } from '../recent-writes.ts';
import { recordFailure } from '../record-failure.ts';
import { reopenTarget } from '../reopen-target.ts';
import { restartStale } from '../restart-stale.ts';
import { reconnectPools, resumePools } from '../resume-pools.ts';
import { scaleUpTarget } from '../scale-up-target.ts';
import { defineGate, type Runbook } from '../step.ts';
import { stopSource } from '../stop-source.ts';
import { switchDns } from '../switch-dns.ts';
import { tagSource } from '../tag-source.ts';
import { targetCapacity } from '../target-capacity.ts';
import { targetEndpoints } from '../target-endpoints.ts';
import { targetHealthy } from '../target-healthy.ts';
import { targetMonitored } from '../target-monitored.ts';
import { targetSelected } from '../target-selected.ts';
import { targetStandby } from '../target-standby.ts';
import { watchHealth } from '../watch-health.ts';

const DECIDED_ON = ['loss-measured', 'quorum-held', 'target-standby', 'target-healthy', 'target-capacity'];

/** What is done to the region that was lost, in this order; owed where it cannot be reached, and done when it is back. */
export const SECURING = [keepEvidence, cordonSource, stopSource, denySource, tagSource];

export const emergency: Runbook = {
  name: 'emergency',
  nodes: [
    failureConfirmed,
    defineGate({ id: 'declare', title: 'Declare the disaster', phase: 'assessing', after: ['failure-confirmed'] }),
    recordFailure,
    quorumHeld,
    backupsUsable,
    lossMeasured,
    defineGate({
      id: 'data-loss',
      title: 'Accept the loss of data',
      phase: 'assessing',
      after: ['failure-confirmed'],
      standsInFor: { step: 'loss-measured', is: 'either' },
    }),
    targetSelected,
    targetStandby,
    targetHealthy,
    targetMonitored,
    targetCapacity,
    scaleUpTarget,
    targetEndpoints,
    defineGate({ id: 'promote', title: 'Approve promotion', phase: 'promoting', after: DECIDED_ON }),
    defineGate({ id: 'dns', title: 'Confirm DNS', phase: 'redirecting', after: DECIDED_ON }),
    fenceLostSource,
    proveFence,
    defineGate({
      id: 'unverified-fence',
      title: 'Promote without a proven fence',
      phase: 'promoting',
      after: ['fence-lost-source'],
      standsInFor: { step: 'prove-fence', is: 'unknown' },
    }),
    promotePostgres,
    // The fence may have closed databases by SQL, and that may have travelled here with the log.
    { ...reopenTarget, when: () => true },
    promoteRedis,
    proveTargetWritable,
    resumePools,
    switchDns,
    dnsAnswers,
    reconnectPools,
    restartStale,
    publicHealth,
    databaseConnections,
    errorRate,
    performance,
    criticalWorkflows,
    recentWrites,
    ...SECURING,
    watchHealth,
  ],
};
