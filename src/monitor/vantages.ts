/**
 * Places other than Regent that see the regions: the other region's standby, which streams from a primary or has lost
 * it, and remote places that say over HTTP what they see.
 *
 * A remote place is asked `GET url?region=NAME` and answers 200 with
 * `{"region": NAME, "at": ms since the epoch, "probes": [{"name": text, "seen": "good" | "bad" | "silent", "weight": 1,
 * "critical": false, "why": text or null}], "errorRate": 0 to 1 or null}`. `region`, `weight`, `critical`, `why` and
 * `errorRate` may be left out. `at` says when it looked, by its own clock. Anything else is no look: it says nothing.
 */
import { sentenceOf } from '../lib/errors.ts';
import { type DatabaseView, lsnDiff } from '../ports/database.ts';
import { limited } from './limit.ts';
import type { Look, ProbeSeen } from './look.ts';
import type { Asking } from './questions.ts';

export type Remote = { name: string; url: string };

const MOST_PROBES = 100;
const TEXT = 200;

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

function probeOf(value: unknown): ProbeSeen | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, seen, weight = 1, critical = false, why = null } = value as Record<string, unknown>;
  if (typeof name !== 'string' || name.trim() === '') return null;
  if (seen !== 'good' && seen !== 'bad' && seen !== 'silent') return null;
  if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0 || typeof critical !== 'boolean')
    return null;
  if (why !== null && typeof why !== 'string') return null;
  return { name: name.slice(0, TEXT), seen, weight, critical, why: why === null ? null : why.slice(0, TEXT) };
}

/**
 * A remote place's answer as a look; or why it is none. `now` and `freshMs` judge its clock: what was seen too long ago,
 * or is said to be seen in the future, proves nothing about now.
 */
export function lookOf(
  body: string,
  { vantage, region, now, freshMs }: { vantage: string; region: string; now: number; freshMs: number },
): Look | { why: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { why: 'what it answered is no JSON' };
  }
  if (typeof value !== 'object' || value === null) return { why: 'what it answered is no object' };
  const { region: about = region, at, probes, errorRate = null } = value as Record<string, unknown>;
  if (about !== region) return { why: `it answered about another region than ${region}` };
  if (typeof at !== 'number' || !Number.isFinite(at)) return { why: 'it does not say when it looked (at)' };
  if (Math.abs(now - at) > freshMs)
    return { why: `it says it looked ${Math.round(Math.abs(now - at) / 1000)} s ${at > now ? 'from now' : 'ago'}` };
  if (!Array.isArray(probes) || probes.length > MOST_PROBES) return { why: 'it has no list of probes' };
  const read = probes.map(probeOf);
  if (read.some((one) => one === null)) return { why: 'one of its probes is malformed' };
  if (errorRate !== null && !isShare(errorRate)) return { why: 'its errorRate is no share from 0 to 1' };
  return { vantage, region, at: now, probes: read as ProbeSeen[], errorRate };
}

/** Asks a remote place about a region. Never throws. */
export async function askRemote(
  { name, url }: Remote,
  region: string,
  { ports, clock, callMs }: Asking,
  freshMs: number,
  stop: AbortSignal,
): Promise<Look | { why: string }> {
  const asked = new URL(url);
  asked.searchParams.set('region', region);
  try {
    const answer = await limited(clock, callMs, stop, (signal) =>
      ports.probe.send({ method: 'GET', url: asked.href }, signal),
    );
    if (answer.status === null) return { why: answer.error ?? 'it does not answer' };
    if (answer.status !== 200) return { why: `it answered ${answer.status}` };
    return lookOf(answer.body, { vantage: name, region, now: clock.now(), freshMs });
  } catch (error) {
    return { why: sentenceOf(error) };
  }
}

export const STREAM = 'WAL stream';
export const standbyName = (region: string): string => `standby ${region}`;

/**
 * What a standby knows of the region it follows: what it received has grown since `before` (the position it had at the
 * look before this one), so that region lives; or it has lost it. A stream that stands still says nothing: the standby
 * notices only after its own timeout that nobody is there any more. A server that answers as a primary, or not at all,
 * says nothing either. It sees one thing only, so it is asked about nothing but the connection.
 */
export function standbyLook(view: DatabaseView | null, before: string | null, source: string, at: number): Look | null {
  if (view === null || view.role !== 'standby' || view.region === source) return null;
  const lost = view.streamingFrom === null;
  const grown = before !== null && view.receivedLsn !== null && lsnDiff(view.receivedLsn, before) > 0;
  if (!lost && !grown) return null;
  return {
    vantage: standbyName(view.region),
    region: source,
    at,
    probes: [
      {
        name: STREAM,
        seen: lost ? 'silent' : 'good',
        weight: 1,
        critical: false,
        why: lost ? 'its WAL receiver has lost the primary' : null,
      },
    ],
    errorRate: null,
  };
}
