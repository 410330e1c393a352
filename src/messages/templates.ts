/**
 * The two notices of an emergency that people outside the chat know by heart: their words, and what is filled into them
 * from the run. A line that names something nobody knows (yet) is left out rather than sent half empty.
 */

import { boundText } from '../lib/bytes.ts';
import { foreignText } from '../lib/foreign-text.ts';
import { expectedAt } from '../policy/estimate.ts';
import { beganAt, type Loss, lossOf, servedAt } from '../report/metrics.ts';
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
  const expected = expectedAt(c, scene.usual ?? {}, scene.now);
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
    dataLoss: loss === null ? 'unknown' : lossText(loss),
    rpoMet: loss === null ? 'RPO unknown' : loss.seconds * 1000 <= rpoMs ? 'RPO met' : 'RPO missed',
    status,
  };
}

/** Nothing, or the bound that was measured. */
const lossText = ({ bytes, seconds }: Loss): string =>
  bytes === 0 ? '0 bytes' : `at most ${boundText(bytes)}, ${lengthWords(Math.ceil(seconds) * 1000)} of changes`;

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
