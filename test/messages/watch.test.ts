/** The commit window as people read it: until when, what stands in the way, what may help, what going back costs. */
import { expect, it } from 'vitest';
import type { WatchSeen } from '../../src/machine/types.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import type { WayBack } from '../../src/messages/way-back.ts';
import { check } from '../support/machine.ts';
import { plan as base, completed, message, read, sceneOf, text } from './scenes.ts';

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

it('asks for the service and its pods where a trouble cannot say what would help', async () => {
  const node = { id: 'node:n1', words: 'node n1: MemoryPressure', is: 'bad', scale: null } as const;
  const run = (await told()).take({
    type: 'WATCH_SEEN',
    step: 'watch-health',
    ...WELL,
    findings: [BUSY, node],
  });
  expect(read('trouble', run, { n: 1 }).at(-1)).toBe('[/dr scale task 4] [/dr scale…] [Go on all the same…]');
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

const withWay = (run: Awaited<ReturnType<typeof told>>, name: string, wayBack: WayBack) =>
  text(MESSAGES[name]!({ ...sceneOf(run), wayBack })!);

it('the headline offers the way back where it loses nothing, and the card has its button', async () => {
  const run = await told();
  const streams: WayBack = { is: 'streams', bytes: 0, at: 5000, command: 'failback' };
  expect(withWay(run, 'headline', streams)).toContain(
    'Way back: /dr failback, without loss: east streams, 0 B behind at 5 s.',
  );
  expect(withWay(run, 'headline', { ...streams, command: 'failover' }).join()).toContain('/dr failover west to:east,');
  expect(withWay(run, 'watch', streams).at(-1)).toBe('[End the watch now…] [Go back to east…]');
  const card = MESSAGES['watch']!({ ...sceneOf(run), wayBack: streams })!;
  expect(JSON.parse(card.actions[1]!.value)).toEqual({ run: 'eden-1', endWatch: 'eden-1', from: 'west', to: 'east' });
});

it.each<[WayBack, string]>([
  [{ is: 'lost', others: [], at: 1 }, 'No way back without loss: nothing follows west (UNPROTECTED).'],
  [{ is: 'lost', others: ['eu'], at: 1 }, 'No way back to east without loss: it does not follow west. eu does.'],
  [
    { is: 'silent', others: [] },
    'No way back to east now: it does not answer. Nothing is seen to follow west (UNPROTECTED).',
  ],
  [{ is: 'unknown' }, 'Nobody can say now what going back would lose: west has not been seen to serve lately.'],
])('says so where it does not: %o', async (way, line) => {
  const run = await told();
  expect(withWay(run, 'headline', way)).toContain(line);
  expect(withWay(run, 'watch', way).at(-1)).toBe('[End the watch now…]');
});

it('ended by the next run, the headline and the last word say by whom and why', async () => {
  const cut = { type: 'WATCH_ENDED', step: 'watch-health', by: 'UANA', next: 'eden-2' } as const;
  const run = (await told()).take({ ...cut, why: 'west was declared lost', lost: 'west' });
  const line = '🔴 Committed early at 900 s: west was declared lost by @UANA, eden-2.';
  const at = `${run.at / 1000} s`;
  for (const name of ['watch', 'headline', 'ended', 'status'].filter((one) => one in MESSAGES))
    expect(read(name, run)).toContain(line.replace('900 s', at));
  expect(read('headline', run).join()).toContain('west served from');
  const gone = (await told()).take({ ...cut, why: 'home again', lost: null });
  expect(read('headline', gone)).toContain(`The watch was ended at ${at} by @UANA for eden-2: ‹“home again”›`);
  expect(read('headline', gone).join()).toContain('home again');
});
