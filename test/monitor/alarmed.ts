/** An alarm over a watch that is told what to see, a real ledger, and a clock moved by hand. */
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { ProposalFacts } from '../../src/messages/proposal.ts';
import { Alarm, type AlarmWorld } from '../../src/monitor/alarm.ts';
import type { RunSeen } from '../../src/monitor/proposal-card.ts';
import type { Stage } from '../../src/monitor/trigger.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';

export const MIN = 60_000;
export async function alarmed(mode: AlarmWorld['mode'] = 'propose', more: Partial<AlarmWorld> = {}) {
  const clock = handClock();
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const health: Record<string, RegionHealth> = {};
  const restored: string[] = [];
  const seen = { primary: 'east' as string | null, isolated: false };
  const runs: RunSeen[] = [];
  const declared: string[] = [];
  const redrawn: ProposalFacts[] = [];
  const logged: string[] = [];
  const no = { why: null as string | null };
  const set = (region: string, stage: Stage, over: Partial<RegionHealth> = {}) => {
    const was = health[region];
    const down = stage !== 'quiet';
    health[region] = {
      region,
      stage,
      since: down ? (was?.since ?? clock.now()) : null,
      at: clock.now(),
      score: down ? 0 : 1,
      failure: down ? { kind: 'network', seen: ['Postgres: no answer'] } : null,
      vantages: { names: ['Regent'], agree: down ? 1 : 0, needed: 1 },
      database: { at: down ? (was?.database?.at ?? 0) : clock.now(), lsn: '0/1', bytesPerSecond: 1000 },
      ...over,
    };
  };
  const world: AlarmWorld = {
    watch: {
      health: (region) => health[region] ?? null,
      sights: (region) => [
        {
          vantage: 'Regent',
          at: health[region]?.at ?? 0,
          says: health[region]?.stage === 'quiet' ? 'well' : 'down',
          good: [],
          bad: [{ name: 'Postgres', seen: 'silent', why: null }],
        },
      ],
      primary: () => seen.primary,
      get isolated() {
        return seen.isolated;
      },
      restore: (region, stage, since) => restored.push(`${region} ${stage} ${since}`),
    },
    regions: [
      { name: 'east', role: 'data' },
      { name: 'west', role: 'data' },
      { name: 'eu', role: 'witness' },
    ],
    mode,
    coolDownMs: 30 * MIN,
    confirmMs: 30_000,
    healthyAbove: 0.5,
    freshMs: 15_000,
    note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
    rows: () => journal.read('system'),
    runs: () => runs,
    redraw: ({ facts }) => redrawn.push(facts as unknown as ProposalFacts),
    declare: async (region, reason) => {
      declared.push(`${region}: ${reason}`);
      if (no.why !== null) return { ok: false, why: no.why };
      runs.push({ run: `eden-${runs.length + 1}`, source: region, requestedAt: clock.now(), endedAt: null });
      return { ok: true, target: 'west' };
    },
    clock,
    log: { info: (_, message) => logged.push(message), warn: (_, message) => logged.push(message) },
    ...more,
  };
  const alarm = new Alarm(world);
  await alarm.start();
  for (const region of ['east', 'west', 'eu']) set(region, 'quiet');
  /** What the watch finds, `after` ms later. */
  const finds = async (stage: Stage, after = 5000, region = 'east') => {
    await clock.advance(after);
    for (const name of ['east', 'west', 'eu']) if (name !== region) set(name, health[name]!.stage);
    set(region, stage);
    await alarm.consider();
  };
  const events = async () =>
    (await journal.read('system')).map(({ type }) => type).filter((type) => !['LEADING'].includes(type));
  const cards = async () =>
    (await journal.unsent())
      .filter(({ name }) => name === 'proposal')
      .map(({ slot, facts }) => ({ slot, facts: facts as unknown as ProposalFacts }));
  return {
    world,
    alarm,
    clock,
    journal,
    ledger,
    health,
    restored,
    seen,
    runs,
    declared,
    redrawn,
    logged,
    no,
    set,
    finds,
    events,
    cards,
  };
}
