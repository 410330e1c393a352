/** A region that dies under write load, comes back and serves again, judged from outside. One lab. */
import { expect, test } from 'vitest';
import { emergencyAndHome } from '../../lab/scenarios/emergency-and-home.ts';
import { onPostgres } from '../lab/postgres/versions.ts';

onPostgres(15, 'after an emergency', () => {
  test('when the lost region is copied anew and goes home, then what only it had is listed, row by row, as the writer knows it', async () => {
    const { report, ok } = await emergencyAndHome({
      strategy: 'copy',
      pace: 20,
      latencyMs: 0,
      trigger: 'propose',
      lagMs: 200,
      transcript: false,
      say: () => {},
      stop: new AbortController().signal,
    });

    expect(report.problems).toEqual([]);
    expect(ok).toBe(true);
    expect(report.runs.map(({ runbook, outcome }) => `${runbook} ${outcome}`)).toEqual([
      'emergency completed',
      'reprotect completed',
      'failback completed',
    ]);
    // The writes that were on their way are really lost: the list is held against something.
    expect(report.lost.count).toBeGreaterThan(0);
    expect(report.keys).toEqual(report.lost.ids);
    expect(report.reportedLost).toMatchObject({ tables: [{ table: 'tasks', rows: report.lost.count }], why: null });
    expect(report).toMatchObject({
      way: 'copy',
      databasePrimary: 'us-east-1',
      standby: { region: 'us-west-2', role: 'standby', lagBytes: 0 },
      promotions: 2,
      unprotected: { before: true, after: false },
      fences: [],
    });
  }, 300_000);
});
