/** What a completed run is measured by: the five criteria, ticked, and its times. */
import { boundText } from '../lib/bytes.ts';
import { clockText } from '../lib/duration.ts';
import type { Context } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';
import { type Criterion, metricsOf, type RunMetrics } from '../report/metrics.ts';
import { SIGN } from './scene.ts';

const sign = (met: boolean | null): string => (met === null ? SIGN.unknown : met ? SIGN.done : SIGN.notDone);

/** `4.2 s`, rounded up: a bound. */
const secondsText = (seconds: number): string => `${(Math.ceil(seconds * 10 - 1e-9) / 10).toFixed(1)} s`;

function words({ name, met, of }: Criterion, c: Context, { recoveryMs, loss }: RunMetrics): string {
  const { rtoMs, rpoMs } = c.objectives;
  const not = of.map((title) => `“${title}”`).join(', ');
  switch (name) {
    case 'rto': {
      const took = recoveryMs === null ? 'nobody can say how long it took' : clockText(recoveryMs);
      return `RTO ${met === false ? 'missed' : 'met'}: ${took} of ${clockText(rtoMs)}`;
    }
    case 'rpo': {
      const bound = clockText(rpoMs);
      if (loss === null) return `RPO unknown: nobody can say what was lost of at most ${bound}`;
      const lost = loss.seconds === 0 ? '0 s' : `at most ${secondsText(loss.seconds)}`;
      return `RPO ${met ? 'met' : 'missed'}: ${lost} of ${bound}`;
    }
    case 'services':
      if (met === null && of.length === 0) return 'All services operational: nobody was asked';
      return met ? 'All services operational' : `Not all services were seen to be operational: ${not}`;
    case 'loss':
      if (loss === null) return 'Whether data were lost nobody can say';
      return met ? 'No data lost' : `Data may be lost: at most ${boundText(loss.bytes)}, ${secondsText(loss.seconds)}`;
    case 'health':
      if (met === null && of.length === 0) return 'Health checks: none asked';
      return met ? 'Health checks passing' : `Not every health check was seen to pass: ${not}`;
  }
}

/** `Detected in 0:03, decided by 0:04, …`; what nobody knows is left out. */
function times({ detectionMs, decisionMs, waitedMs, executionMs, downtimeMs }: RunMetrics): string {
  const parts = [
    detectionMs === null ? null : `detected in ${clockText(detectionMs)}`,
    decisionMs === null ? null : `last decision after ${clockText(decisionMs)}`,
    executionMs === null ? null : `carried out in ${clockText(executionMs)}`,
    downtimeMs === null ? null : downtimeMs === 0 ? 'no downtime' : `downtime ${clockText(downtimeMs)}`,
    waitedMs < 1000 ? null : `a decision was owed for ${clockText(waitedMs)} of it`,
  ].filter((part) => part !== null);
  const text = parts.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Of a completed run. */
export function measureLines(c: Context): Line[] {
  const metrics = metricsOf(c);
  return [
    ...metrics.criteria.map((criterion): Line => `${sign(criterion.met)} ${words(criterion, c, metrics)}`),
    times(metrics),
  ];
}
