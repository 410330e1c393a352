/** The reports of scenarios as a few lines to read; the whole of each is what `--json` prints. */
import type { EmergencyReport } from './emergency-report.ts';
import type { HomeReport } from './home-report.ts';
import type { planned } from './planned.ts';
import type { RedisWrites } from './redis-report.ts';
import type { RoundTripReport } from './round-trip-report.ts';
import type { watched } from './watched.ts';

export function plannedForPeople(report: Awaited<ReturnType<typeof planned>>['report']): string {
  const { writer, rogue, redis } = report;
  return [
    `${report.outcome === 'completed' ? '✔' : '✖'} ${report.run}: ${report.outcome}${report.heldAt ? `, held at ${report.heldAt}` : ''}, ${report.from} → ${report.to}, ${(report.wallMs / 1000).toFixed(1)} s at pace ${report.pace}`,
    `  writes: ${writer.acknowledged} acknowledged, ${writer.refused} refused, ${writer.lost} lost; outage ${writer.outageMs.machine} ms machine, ${writer.outageMs.people} ms people`,
    redis === null ? '  Redis: none' : `  Redis (${redis.by}): ${redis.demotedBy ?? 'nobody'} demoted the old master`,
    ...redisWritersLine(redis),
    ...(report.pooler === null
      ? []
      : [
          `  pooler: ${report.pooler.acknowledged} acknowledged to ${report.pooler.clients}, ${report.pooler.refused} refused, ${report.pooler.lost} lost; nobody waited longer than ${report.pooler.longestWaitMs} ms`,
        ]),
    `  rogue: ${rogue.tried} tried, ${rogue.acknowledgedAfterFence} acknowledged behind the fence; old primary ${report.oldPrimaryAcceptsWrites ? 'STILL ACCEPTS' : 'refuses'} writes`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotion), Redis ${report.redisMaster ?? 'none'}; ${report.dnsBatches} DNS batch`,
    `  journal: ${report.journal.events} events, ${report.journal.verified ? 'verified' : 'NOT VERIFIED'}`,
    ...(report.problems ?? []).map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

const redisWritersLine = (redis: Partial<RedisWrites> | null): string[] =>
  redis?.writers === undefined
    ? []
    : [
        `  Redis writers: ${redis.acknowledged} acknowledged to ${redis.writers}, ${redis.lost ?? 'unknown'} lost; outage ${redis.outageMs} ms`,
      ];

export function roundTripForPeople(report: RoundTripReport): string {
  const { runs, writer, standby, redis } = report;
  return [
    `${report.problems.length === 0 ? '✔' : '✖'} ${report.scenario}: ${runs.length} runs, ${report.outcome}, at pace ${report.pace}`,
    ...runs.map(
      ({ run, runbook, from, to, outcome, wallMs, reprotected }) =>
        `  ${run} (${runbook}): ${outcome}, ${from} → ${to}, ${(wallMs / 1000).toFixed(1)} s${reprotected ? `; left unprotected, mended by /dr reprotect in ${(reprotected.wallMs / 1000).toFixed(1)} s` : ''}`,
    ),
    `  writes: ${writer.acknowledged} acknowledged, ${writer.refused} refused, ${writer.lost} lost; longest outage ${writer.longestOutageMs} ms`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotions), Redis ${redis?.master ?? 'none'}; ${standby.region} is ${standby.role}, ${standby.lagBytes ?? '?'} bytes behind; ${report.fences.length} fences left`,
    ...redisWritersLine(redis),
    ...report.lifted.map(({ by, region, lifted }) => `  lifted in ${region} by ${by}: ${String(lifted)}`),
    ...report.problems.map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

export function homeForPeople(report: HomeReport): string {
  const { runs, lost, reportedLost, standby } = report;
  const listed = reportedLost?.tables?.map(({ table, rows }) => `${rows} rows of ${table}`).join(', ') ?? 'nothing';
  return [
    `${report.problems.length === 0 ? '✔' : '✖'} ${report.scenario}: ${runs.length} runs, ${report.outcome}, by ${report.way}, at pace ${report.pace}`,
    ...runs.map(
      ({ run, runbook, from, to, outcome, wallMs }) =>
        `  ${run} (${runbook}): ${outcome}, ${from} → ${to}, ${(wallMs / 1000).toFixed(1)} s`,
    ),
    `  writes: ${report.writer.acknowledged} acknowledged; only ${report.home} had ${lost.count ?? 'nobody knows how many'}, ${lost.missing.length} of them acknowledged (${report.lostSeconds.toFixed(1)} s, ${report.lostBytes ?? 'unknown'} bytes of log)`,
    `  Regent listed: ${listed}, ${reportedLost?.transactions?.count ?? 'no'} transactions, in ${reportedLost?.kept ?? 'no place'}; approved were ${report.approvedLossSeconds ?? 'no'} s and ${report.approvedLossBytes ?? 'no'} bytes`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotions), Redis ${report.redisMaster ?? 'none'}; ${standby.region} is ${standby.role}, ${standby.lagBytes ?? '?'} bytes behind; ${report.fences.length} fences left`,
    ...report.problems.map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

export function emergencyForPeople(report: EmergencyReport): string {
  const seconds = (ms: number | null) => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);
  const approved =
    report.approvedLossSeconds === null
      ? 'nothing was approved to be lost'
      : `approved were ${report.approvedLossSeconds} s and ${report.approvedLossBytes} bytes`;
  return [
    `${(report.problems ?? []).length === 0 ? '✔' : '✖'} ${report.run ?? 'no run'}: ${report.outcome}${report.heldAt ? `, held at ${report.heldAt}` : ''}, ${report.from} → ${report.to}, ${seconds(report.wallMs)} at pace ${report.pace}`,
    `  detected ${seconds(report.detectionMs)}, decided ${seconds(report.decisionMs)}, carried out ${seconds(report.executionMs)}; writers were down ${seconds(report.downtimeMs)}`,
    `  writes: ${report.writer.acknowledged} acknowledged, ${report.lostWrites ?? 'unknown'} lost (${report.lostSeconds.toFixed(1)} s, ${report.lostBytes ?? 'unknown'} bytes of log); ${approved}`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotion), Redis ${report.redisMaster ?? 'none'} (${report.redisFailovers ?? 0} failover); ${report.dnsBatches} DNS batch; ${report.rogue.acknowledgedAfterPromotion} writes in ${report.from} after the promotion`,
    ...(report.problems ?? []).map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

export const watchedForPeople = ({
  outcome,
  from,
  to,
  lost,
  problems,
}: Awaited<ReturnType<typeof watched>>['report']): string =>
  [
    `${problems.length === 0 ? '✔' : '✖'} watched: ${outcome}, ${to} → ${from}, ${lost} writes lost`,
    ...problems.map((problem) => `  ✖ ${problem}`),
  ].join('\n');
