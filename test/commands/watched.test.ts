/** A run that is only watched: a named person ends that, and nothing else waits for it unsaid. */
import { expect, it } from 'vitest';
import { bench, said } from './bench.ts';
import { upTo } from './up-to.ts';

const CLUSTER = { query: null, atMost: 0.9 };

it('is in the way of another run, which says how to end it; ended by name, with a reason', async () => {
  const here = await bench({
    system: { hold: { forMs: 600_000, everyMs: 15_000, cpu: CLUSTER, memory: CLUSTER } },
  });
  await here.asked();
  await upTo(here, 'watch-health');
  expect(said(await here.type('UBO', 'skip watch-health reason:"x"'))).toContain('is not held at a step');
  await here.append({
    type: 'WATCH_SEEN',
    step: 'watch-health',
    until: here.clock.now() + 600_000,
    findings: [],
    streams: null,
    unread: [],
  });
  here.state.servers['east']!.role = 'standby';
  here.state.servers['west']!.role = 'primary';
  expect(said(await here.type('UANA', 'declare west to:east reason:"dark too" sure:west'))).toContain(
    'It is only watched now: /dr skip watch-health reason:"…" ends it.',
  );
  expect(said(await here.type('UBO', 'mark watch-health done reason:"x"'))).toContain('is not held at a step');
  expect(said(await here.type('UDEE', 'skip watch-health reason:"quiet"'))).toContain('Who can');
  expect(said(await here.type('UBO', 'skip watch-health reason:"quiet"'))).toContain('It stays on the headline');
  expect(here.context().overrides.at(-1)).toEqual({ rule: 'skip watch-health', by: 'UBO', reason: 'quiet' });
  expect(here.context().end).toBe('completed');
});
