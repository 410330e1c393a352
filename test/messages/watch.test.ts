/** The commit window as people read it: until when, what stands in the way, what may help, what going back costs. */
import { expect, it } from 'vitest';
import type { WatchSeen } from '../../src/machine/types.ts';
import { check } from '../support/machine.ts';
import { plan as base, completed, message, read } from './scenes.ts';

const plan = {
  ...base,
  nodes: [...base.nodes, check('watch-health', 'closing', { title: 'Watch west before this is over' })],
};
const WELL: WatchSeen = { until: 900_000, findings: [], streams: true, unread: ['CPU and memory: nobody measures'] };
const BUSY: WatchSeen['findings'][number] = {
  id: 'cpu:task',
  words: 'task: 95 % of its CPU in use (at most 90 %)',
  is: 'bad',
  scale: { service: 'task', replicas: 4 },
};
const told = async () => {
  const { approved } = await import('./scenes.ts');
  return completed(approved(plan)).take({ type: 'WATCH_SEEN', step: 'watch-health', ...WELL });
};

it('says until when, what is not watched, and that the way back costs nothing', async () => {
  const run = await told();
  const [title, ...lines] = read('watch', run);
  expect(title).toBe('▶ Watching west until 900 s · east → west · eden-1');
  expect(lines).toContain('Not watched: ‹CPU and memory: nobody measures›');
  expect(lines).toContain('The way back: without loss while east streams from west.');
  expect(lines.at(-1)).toBe('[End the watch now…]');
  expect(read('headline', run)[1]).toMatch(/^▶ watching west until 900 s · /);
  expect(read('headline', run).join()).toContain('Waiting for: the end of the watch at 900 s');
});

it('names each trouble on a card that notifies, with the pods that may help', async () => {
  const run = (await told()).take({
    type: 'WATCH_SEEN',
    step: 'watch-health',
    ...WELL,
    findings: [BUSY],
    streams: false,
  });
  expect(read('trouble', run, { n: 1 })).toEqual([
    '✖ 1 trouble in west: eden-1 is not over before it is gone · east → west',
    '✖ ‹task: 95 % of its CPU in use (at most 90 %)›',
    'Watched until 900 s. What still stands then is waited for a while, then somebody has to decide.',
    'The way back: east does not stream from west; going back now loses what was written here since.',
    '[/dr scale task 4] [Go on all the same…]',
  ]);
  const button = message('trouble', run, { n: 1 })!.actions[0]!;
  expect([button.id, JSON.parse(button.value)]).toEqual([
    'scale:task',
    { run: 'eden-1', service: 'task', replicas: 4 },
  ]);
  expect(read('headline', run)[1]).toContain('1 trouble in the way');
});

it('draws it plain once it is gone, or once somebody went past it', async () => {
  const seen = (run: Awaited<ReturnType<typeof told>>, findings = [BUSY]) =>
    run.take({ type: 'WATCH_SEEN', step: 'watch-health', ...WELL, findings, streams: null });
  const gone = seen(seen(await told()), []);
  expect(read('trouble', gone, { n: 1 })).toEqual(['✔ Trouble in west is gone · east → west · eden-1']);
  const past = seen(await told()).take({ type: 'STEP_SKIPPED', step: 'watch-health', by: 'UBO', reason: 'known' });
  expect(read('trouble', past, { n: 1 })).toEqual([
    '⏸ Trouble in west was gone past · east → west · eden-1',
    '✖ ‹task: 95 % of its CPU in use (at most 90 %)›',
    'Gone on by @UBO: ‹“known”›',
  ]);
  expect(read('watch', past)).toEqual(['✔ west was watched · east → west · eden-1', 'Gone on by @UBO: ‹“known”›']);
});
