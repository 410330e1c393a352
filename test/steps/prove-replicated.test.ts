/** Nothing acknowledged is missing: three proofs, each with what it refuses. */
import { describe, expect, it } from 'vitest';
import { proveReplicated } from '../../src/steps/prove-replicated.ts';
import { stage, wordsOf } from './stage.ts';

describe('by the control file', () => {
  const asked = async (checkpoint: string, controlState: string | null = 'shut down', lsn = '0/300A158') => {
    const here = await stage();
    here.left.evidence['fence-source'] = { controlState, shutdownCheckpoint: checkpoint };
    here.state.servers['west']!.lsn = lsn;
    return await here.check(proveReplicated);
  };

  it('is proven strictly past the shutdown checkpoint', async () => {
    const answer = await asked('0/300A0E0');
    expect(wordsOf(answer)).toBe('done: shutdown checkpoint 0/300A0E0, west holds 0/300A158');
    expect(answer.evidence).toEqual({
      shutdownCheckpoint: '0/300A0E0',
      controlState: 'shut down',
      targetLsn: '0/300A158',
      proof: 'control-file',
    });
  });
  it('is not proven at it: its position is where its record begins', async () => {
    expect(wordsOf(await asked('0/300A158'))).toBe('notDone: west holds 0/300A158, not yet past 0/300A158');
  });
  it('compares positions as numbers, over the boundary of a segment', async () => {
    expect((await asked('0/FFFFFFFF', 'shut down', '1/0')).is).toBe('done');
    expect((await asked('1/0', 'shut down', '0/FFFFFFFF')).is).toBe('notDone');
  });
  it('is not proven after a stop that was not clean', async () => {
    expect(wordsOf(await asked('0/300A0E0', 'in production'))).toBe(
      'notDone: Postgres in east was not shut down cleanly (in production)',
    );
    expect(wordsOf(await asked('0/300A0E0', null))).toContain('(state unknown)');
  });
  it('throws, which is unknown, over a position that is none', async () => {
    await expect(asked('soon')).rejects.toThrow('is not an LSN');
  });
});

describe('by the standby’s last record', () => {
  const prepared = async (before: { standbyLsn?: string; standbyStreamed?: boolean } = {}) => {
    const here = await stage();
    here.left.before['fence-source'] = { standbyLsn: '0/2FFFFFF', standbyStreamed: true, ...before };
    here.left.evidence['fence-source'] = { controlState: null, shutdownCheckpoint: null };
    return here;
  };

  it('is proven by a shutdown checkpoint at the end of what it received', async () => {
    const answer = await (await prepared()).check(proveReplicated);
    expect(wordsOf(answer)).toBe('done: shutdown checkpoint 0/3000028, west holds 0/30000A0');
    expect(answer.evidence).toMatchObject({ proof: 'last-record', standbyStreamed: true });
  });
  it('is read from where the standby stood before the stop', async () => {
    const here = await prepared();
    const since: string[] = [];
    const real = here.ports.database.shutdownProof;
    here.ports.database.shutdownProof = (standby, lsn, signal) => {
      since.push(lsn);
      return real(standby, lsn, signal);
    };
    await here.check(proveReplicated);
    expect(since).toEqual(['0/2FFFFFF']);
  });
  it('is unknown when it did not stream at the stop: an older shutdown record could stand there', async () => {
    const here = await prepared({ standbyStreamed: false });
    expect(wordsOf(await here.check(proveReplicated))).toBe('unknown: west was not streaming when east was stopped');
  });
  it('is not proven while another record is the last', async () => {
    const here = await prepared();
    here.state.shutdown.lastRecord.type = 'INSERT';
    here.state.shutdown.isShutdownCheckpoint = false;
    expect(wordsOf(await here.check(proveReplicated))).toBe(
      'notDone: the last record in west is INSERT, not a shutdown checkpoint',
    );
  });
  it('is unknown when nobody wrote down where it stood', async () => {
    const here = await stage();
    expect(wordsOf(await here.check(proveReplicated))).toBe(
      'unknown: it was not recorded where the standby stood before the stop',
    );
  });
  it('is unknown when the stop was found already done: then it was not seen to stream', async () => {
    const here = await stage();
    here.left.evidence['fence-source'] = { standbyLsn: '0/3000000', standbyStreamed: false };
    expect((await here.check(proveReplicated)).is).toBe('unknown');
  });
});

describe('by a barrier, with SQL only', () => {
  it('is proven when the standby has replayed what the fenced primary had', async () => {
    const here = await stage({ strategy: 'sql' });
    const answer = await here.check(proveReplicated);
    expect(wordsOf(answer)).toBe('done: barrier 0/3000000 replayed; east will need pg_rewind or a new copy');
    expect(answer.evidence).toMatchObject({ proof: 'barrier' });
  });
  it('is not proven before that', async () => {
    const here = await stage({ strategy: 'sql' });
    here.state.lag = { ...here.state.lag, caughtUp: false };
    expect(wordsOf(await here.check(proveReplicated))).toBe('notDone: west has not replayed 0/3000000 yet');
  });
});
