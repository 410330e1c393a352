import { done, notDone, unknown } from '../ports/answer.ts';
import { lsnDiff } from '../ports/database.ts';
import { defineCheck } from './step.ts';

/**
 * Nothing acknowledged is missing in the target, proven by position (docs/decisions.md, 3): strictly past the shutdown
 * checkpoint of the control file; or, where that cannot be read, a shutdown checkpoint as the last record of a standby
 * that streamed when the stop was ordered; or, with SQL only, past a barrier taken behind the fence.
 */
export const proveReplicated = defineCheck({
  id: 'prove-replicated',
  title: 'Prove nothing is missing in {target}',
  about: {
    does: 'Proves that every acknowledged write is in {target} before it is promoted.',
    asks: 'Compares positions in the log: {target} must be past the shutdown checkpoint of {source}, or have it as its very last record while having streamed when the stop was ordered. With SQL alone: past a position taken behind the fence.',
    whenItStops: [
      '“not yet past”: the standby still replays. Wait, then press Retry.',
      '“not shut down cleanly”, or another last record: writes may be missing in {target}. Abort: {source} is started again with everything it has.',
      '“was not streaming when … was stopped”: it cannot be proven any more. Abort, repair the replication, begin again.',
    ],
  },
  phase: 'promoting',
  after: ['prove-fence'],
  budgetMs: 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, values, beforeOf, evidenceOf, signal }) {
    const before = beforeOf('fence-source') ?? evidenceOf('fence-source');
    const control = evidenceOf('fence-source');
    if (values.fence.strategy === 'sql') {
      const lag = await database.lag(source, target, 5000, signal);
      const evidence = { barrierLsn: lag.primaryLsn, targetLsn: lag.standbyLsn, proof: 'barrier' };
      return lag.caughtUp
        ? done(evidence, `barrier ${lag.primaryLsn} replayed; ${source} will need pg_rewind or a new copy`)
        : notDone(`${target} has not replayed ${lag.primaryLsn} yet`, evidence);
    }
    const checkpoint = control?.['shutdownCheckpoint'];
    if (typeof checkpoint === 'string') {
      const { lsn } = await database.observe(target, signal);
      const evidence = {
        shutdownCheckpoint: checkpoint,
        controlState: control?.['controlState'] ?? null,
        targetLsn: lsn,
        proof: 'control-file',
      };
      if (control?.['controlState'] !== 'shut down')
        return notDone(
          `Postgres in ${source} was not shut down cleanly (${control?.['controlState'] ?? 'state unknown'})`,
          evidence,
        );
      // The checkpoint's position is where its record begins: only beyond it has the record itself arrived.
      return lsnDiff(lsn, checkpoint) > 0
        ? done(evidence, `shutdown checkpoint ${checkpoint}, ${target} holds ${lsn}`)
        : notDone(`${target} holds ${lsn}, not yet past ${checkpoint}`, evidence);
    }
    const since = before?.['standbyLsn'];
    if (typeof since !== 'string') return unknown('it was not recorded where the standby stood before the stop');
    const proof = await database.shutdownProof(target, since, signal);
    const evidence = {
      lastRecord: proof.lastRecord.type,
      shutdownCheckpoint: proof.lastRecord.startLsn,
      targetLsn: proof.replayedLsn,
      standbyStreamed: before?.['standbyStreamed'] ?? null,
      proof: 'last-record',
    };
    if (before?.['standbyStreamed'] !== true)
      return unknown(`${target} was not streaming when ${source} was stopped`, evidence);
    return proof.isShutdownCheckpoint
      ? done(evidence, `shutdown checkpoint ${proof.lastRecord.startLsn}, ${target} holds ${proof.replayedLsn}`)
      : notDone(`the last record in ${target} is ${proof.lastRecord.type}, not a shutdown checkpoint`, evidence);
  },
});
