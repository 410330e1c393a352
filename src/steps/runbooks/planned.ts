/**
 * The planned switchover, in the order people read it. What may run before what is each step's `after`; the phases
 * follow each other. The order fence → proof → promotion → proven write → DNS cannot be configured away (DESIGN §13.1).
 */
import { approversAtHand } from '../approvers-at-hand.ts';
import { baselineMeasured } from '../baseline-measured.ts';
import { configParity } from '../config-parity.ts';
import { criticalWorkflows } from '../critical-workflows.ts';
import { dataAskable } from '../data-askable.ts';
import { dataAtSource } from '../data-at-source.ts';
import { dataConsistent } from '../data-consistent.ts';
import { databaseConnections } from '../database-connections.ts';
import { dnsAnswers } from '../dns-answers.ts';
import { drainConnections } from '../drain-connections.ts';
import { errorRate } from '../error-rate.ts';
import { fenceSource } from '../fence-source.ts';
import { freezeChanges } from '../freeze-changes.ts';
import { liftFreeze } from '../lift-freeze.ts';
import { noStaleFence } from '../no-stale-fence.ts';
import { noticeGiven } from '../notice-given.ts';
import { pausePools } from '../pause-pools.ts';
import { performance } from '../performance.ts';
import { promotePostgres } from '../promote-postgres.ts';
import { proveFence } from '../prove-fence.ts';
import { proveReplicated } from '../prove-replicated.ts';
import { proveTargetWritable } from '../prove-target-writable.ts';
import { publicHealth } from '../public-health.ts';
import { readOnlySource } from '../read-only-source.ts';
import { redisInSync } from '../redis-in-sync.ts';
import { releasePools } from '../release-pools.ts';
import { reopenTarget } from '../reopen-target.ts';
import { replicationLag } from '../replication-lag.ts';
import { restartStale } from '../restart-stale.ts';
import { reconnectPools, resumePools } from '../resume-pools.ts';
import { scaleUpTarget } from '../scale-up-target.ts';
import { sourceIsPrimary } from '../source-is-primary.ts';
import { defineGate, type Runbook } from '../step.ts';
import { stopWriters } from '../stop-writers.ts';
import { switchDns } from '../switch-dns.ts';
import { switchRedis } from '../switch-redis.ts';
import { targetCapacity } from '../target-capacity.ts';
import { targetEndpoints } from '../target-endpoints.ts';
import { targetHealthy } from '../target-healthy.ts';
import { targetMonitored } from '../target-monitored.ts';
import { targetSelected } from '../target-selected.ts';
import { ttlLowered } from '../ttl-lowered.ts';
import { watchHealth } from '../watch-health.ts';
import { IN_RUN } from './reprotect.ts';

export const planned: Runbook = {
  name: 'planned',
  nodes: [
    sourceIsPrimary,
    noStaleFence,
    noticeGiven,
    ttlLowered,
    approversAtHand,
    replicationLag,
    redisInSync,
    targetSelected,
    targetHealthy,
    configParity,
    targetMonitored,
    targetCapacity,
    baselineMeasured,
    dataAskable,
    freezeChanges,
    scaleUpTarget,
    targetEndpoints,
    defineGate({
      id: 'promote',
      title: 'Approve promotion',
      phase: 'promoting',
      after: [
        'source-is-primary',
        'no-stale-fence',
        'replication-lag',
        'redis-in-sync',
        'target-healthy',
        'config-parity',
        'target-monitored',
        'target-capacity',
      ],
    }),
    defineGate({
      id: 'dns',
      title: 'Confirm DNS',
      phase: 'redirecting',
      after: ['source-is-primary', 'replication-lag', 'target-capacity'],
    }),
    pausePools,
    readOnlySource,
    drainConnections,
    stopWriters,
    dataAtSource,
    fenceSource,
    proveFence,
    proveReplicated,
    dataConsistent,
    promotePostgres,
    reopenTarget,
    switchRedis,
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
    ...IN_RUN,
    watchHealth,
    releasePools,
    liftFreeze,
  ],
};
