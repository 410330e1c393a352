/**
 * The two notices of an emergency that people outside the chat know by heart: their words, and what is filled into them
 * from the run. A line that names something nobody knows (yet) is left out rather than sent half empty.
 */
import { foreignText } from '../lib/foreign-text.ts';
import { settled, stepState, stepsOf } from '../machine/facts.ts';
import { type Context, PHASES, type Phase } from '../machine/types.ts';
import { servedAt } from './ended.ts';
import type { Scene } from './scene.ts';

export type Templates = { detected: string; completed: string };

export const TEMPLATES: Templates = {
  detected: `CRITICAL: Region Failure Detected
Region: {region}
Time: {time}
Automated failover initiated
Estimated completion: {estimatedCompletion}
Status: {status}`,
  completed: `RESOLVED: Region Failover Completed
Original Region: {region} (failed)
New Primary: {target}
Failover Duration: {duration}
RTO Target: {rto} ({rtoMet})
Data Loss: {dataLoss} ({rpoMet})
Status: {status}`,
};

/** The template with everything filled in that is known. `status`: where people read on. */
export function filled(template: string, scene: Scene, status: string | null): string {
  const known = placeholders(scene, status);
  return template
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const missing = [...line.matchAll(/\{(\w+)\}/g)].some(([, name]) => (known[name!] ?? null) === null);
      return missing ? [] : [line.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name]!)];
    })
    .join('\n');
}

/** By name what may stand in a template; null where nobody knows it (yet). */
export function placeholders(scene: Scene, status: string | null): Record<string, string | null> {
  const { c } = scene;
  const from = beganAt(c);
  const until = servedAt(c);
  const loss = lossOf(c);
  const expected = expectedAt(scene);
  const { rtoMs, rpoMs } = c.objectives;
  return {
    organization: c.organization,
    run: c.run,
    region: c.source,
    target: c.target,
    reason: foreignText(c.reason),
    time: momentText(from),
    // The day only where it is another one.
    estimatedCompletion: dayOf(expected) === dayOf(from) ? momentText(expected).slice(11) : momentText(expected),
    duration: until === null ? null : lengthWords(until - from),
    rto: lengthWords(rtoMs),
    rtoMet: until === null ? null : until - from <= rtoMs ? 'met' : 'missed',
    rpo: lengthWords(rpoMs),
    dataLoss: loss === null ? 'unknown' : lossText(loss.bytes),
    rpoMet: loss === null ? 'RPO unknown' : loss.seconds * 1000 <= rpoMs ? 'RPO met' : 'RPO missed',
    status,
  };
}

/** When the clock of the recovery time began: an emergency's with the first confirmed bad sight, else the request. */
export function beganAt(c: Context): number {
  const since = c.mode === 'emergency' ? stepState(c, 'failure-confirmed').evidence?.['since'] : null;
  return typeof since === 'number' && since > 0 && since < c.requestedAt ? since : c.requestedAt;
}

/** What was lost: nothing where that was proven, else the bound that was measured; null where nobody can say. */
export function lossOf(c: Context): { bytes: number; seconds: number } | null {
  if (['done', 'alreadyDone'].includes(stepState(c, 'prove-replicated').status)) return { bytes: 0, seconds: 0 };
  const { lossBytes, lossSeconds } = stepState(c, 'loss-measured').evidence ?? {};
  if (typeof lossBytes !== 'number' || typeof lossSeconds !== 'number') return null;
  return { bytes: lossBytes, seconds: lossSeconds };
}

const lossText = (bytes: number): string =>
  bytes === 0 ? '0 bytes' : `at most ${Math.ceil(bytes)} byte${Math.ceil(bytes) === 1 ? '' : 's'}`;

/**
 * When service is expected to be verified: now and the budgets of what is left until then. Steps of a phase go on side by
 * side, so of each phase the longest chain counts. Expected, never promised: people's waiting is not in it.
 */
export function expectedAt({ c, now }: Pick<Scene, 'c' | 'now'>): number {
  const until = PHASES.indexOf('verifying');
  const left = PHASES.slice(0, until + 1).map((phase) => longest(c, phase));
  return now + left.reduce((sum, ms) => sum + ms, 0);
}

function longest(c: Context, phase: Phase): number {
  const steps = new Map(stepsOf(c, phase).map((step) => [step.id, step]));
  const known = new Map<string, number>();
  const through = (id: string): number => {
    const step = steps.get(id);
    if (step === undefined) return 0;
    const before = known.get(id);
    if (before !== undefined) return before;
    const own = settled(c, id) ? 0 : step.budgetMs;
    const sum = own + Math.max(0, ...step.after.map(through));
    known.set(id, sum);
    return sum;
  };
  return Math.max(0, ...[...steps.keys()].map(through));
}

/** `2024-01-15 14:30:00 UTC`. */
export const momentText = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** `15 minutes 32 seconds`, `1 hour 1 second`, `30 minutes`; to the second. */
export function lengthWords(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(total / 3600), 'hour'],
    [Math.floor((total % 3600) / 60), 'minute'],
    [total % 60, 'second'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return said.length === 0 ? '0 seconds' : said.join(' ');
}
