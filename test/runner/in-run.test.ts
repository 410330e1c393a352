/** A run that makes the region it leaves a standby, over the world in memory; and one that cannot, and goes on. */
import { beforeEach, expect, it } from 'vitest';
import { ended } from '../../src/messages/ended.ts';
import { stepSign, warningOf } from '../../src/messages/scene.ts';
import { IN_RUN } from '../../src/steps/runbooks/reprotect.ts';
import type { FencePlan } from '../../src/steps/system.ts';
import { text } from '../messages/scenes.ts';
import { type Stage, stage } from '../steps/stage.ts';
import { type Rig, rig, scripted } from '../support/runner.ts';

let here: Stage;
let self: Rig;
let look: { [key: string]: string | number | boolean };
/** What becomes of the program's rejoin, by its exit status. */
let status: number;

async function made(fence: FencePlan = { strategy: 'statefulset', name: 'postgres' }) {
  here = await stage(fence);
  const { state, ports } = here;
  look = { state: 'stopped', marked: false, follows: true, why: '', rewind: true, divergedBytes: 0, bytes: 1e6 };
  status = 0;
  const { east, west } = state.servers;
  // The run fences and promotes by steps of its own: here it is one.
  const moves = scripted('moves', {
    phase: 'promoting',
    act: () => {
      east!.down = fence.strategy !== 'sql';
      if (fence.strategy === 'statefulset')
        Object.assign(state.workloads['east']!['postgres']!, { wanted: 0, pods: 0 });
      Object.assign(west!, { role: 'primary', timeline: 2, streamingFrom: null, standbys: [] });
    },
  });
  const jobs: typeof ports.jobs = {
    ...ports.jobs,
    start: async (key, job, signal) => {
      await ports.jobs.start(key, job, signal);
      state.jobs[key] = { is: 'ended', status, tookMs: 5, report: { way: 'rejoin' }, output: 'no slot is free' };
      look['marked'] = status === 0;
    },
  };
  const hook: typeof ports.hook = { run: async () => ({ ok: true, status: 0, report: look, output: '' }) };
  const cluster: typeof ports.cluster = {
    ...ports.cluster,
    scale: async (region, kind, name, replicas, signal) => {
      await ports.cluster.scale(region, kind, name, replicas, signal);
      if (name === 'postgres' && replicas > 0) follows();
    },
  };
  const follows = () => {
    const { lsn } = west!;
    Object.assign(east!, { down: false, role: 'standby', streamingFrom: 'west:5432', timeline: 2, lsn });
    west!.standbys = [{ address: 'east', state: 'streaming', replayLsn: null, slot: 'of_east' }];
  };
  self = await rig({ nodes: [moves, ...IN_RUN], ports: { ...ports, jobs, hook, cluster } });
  self.system.regions['east'] = {
    alias: 'primary',
    fence,
    reprotect: { exec: ['./standby.sh', '{verb}'], strategy: 'auto', timeoutMs: 1000, inRun: true },
  };
}
async function run() {
  await self.engine.start();
  await self.begin();
  await self.clock.until(() => self.c.endedAt !== null);
  await self.halt();
  const [, ...lines] = text(ended({ c: self.c, where: 'completed', now: 0, facts: {}, contacts: {} }));
  const warnings = Object.values(self.c.steps).flatMap((one) => warningOf(one) ?? []);
  return { warnings, lines, end: self.c.end, jobs: here.state.calls.filter((call) => call.startsWith('job')) };
}
beforeEach(() => made());

it('the region that was left streams when the run ends, and nothing says it is unprotected', async () => {
  const { end, warnings, lines, jobs } = await run();
  expect({ end, warnings, jobs }).toEqual({
    end: 'completed',
    warnings: [],
    jobs: ['job eden-1:make-standby:1 ./standby.sh rejoin'],
  });
  expect(lines[0]).toBe('east is a standby of west again: ‹east streams from west on timeline 2, nothing behind›.');
  expect(lines.join()).not.toContain('UNPROTECTED');
  expect(here.state.workloads['east']!['postgres']!.wanted).toBe(1);
});

/** One line why, one what it means; what comes after the failure is left out without another word. */
async function expectOneWarning(why: string) {
  const { end, warnings, lines } = await run();
  expect(end).toBe('completed');
  expect(warnings).toEqual([expect.stringContaining(why)]);
  expect(lines.filter((line) => line.includes('UNPROTECTED'))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('✖'))).toHaveLength(1);
  expect(here.state.servers['east']!.role).toBe('primary');
  return lines;
}

it('one that wrote on by itself is left alone, with one warning and the command that asks', async () => {
  Object.assign(look, { follows: false, why: 'it wrote on', divergedBytes: 4096 });
  const lines = await expectOneWarning(
    'the run went on: east cannot follow as it is: it wrote on. Nothing was replaced: /dr reprotect east asks how',
  );
  expect(lines[0]).toBe(
    'east is fenced and no longer a standby: west is UNPROTECTED until east is a standby again: /dr reprotect east.',
  );
  expect(here.state.calls.filter((call) => /^(job|scale)/.test(call))).toEqual([]);
  const signs = IN_RUN.map(({ id }) => stepSign(self.c.steps[id]!));
  expect(signs).toEqual(['✖', '·', '·', '·']);
});

it('a server that its fence did not stop: said, and the run goes on', async () => {
  await made({ strategy: 'sql' });
  look['state'] = 'running';
  await expectOneWarning('its fence is SQL alone. Stop it by hand, then /dr reprotect east');
});

it('a program that fails is tried three times, and nothing is started after it', async () => {
  status = 1;
  await expectOneWarning('no slot is free');
  expect(self.c.steps['make-standby']?.attempt).toBe(3);
  expect(here.state.workloads['east']!['postgres']!.wanted).toBe(0);
});

it('started and not seen to follow: said as that', async () => {
  here.state.servers['west']!.lsn = '0/9000000';
  const { west } = here.state.servers;
  // Nobody keeps the log for it.
  Object.defineProperty(west!, 'standbys', {
    get: () => [{ address: 'east', state: 'streaming', replayLsn: null, slot: null }],
    set: () => {},
    enumerable: true,
  });
  const { warnings, lines } = await run();
  expect(warnings).toEqual([expect.stringContaining('west keeps no slot for it')]);
  expect(lines[0]).toBe(
    'east was started as a standby and is not seen to follow: west is UNPROTECTED until it does. Else /dr reprotect east.',
  );
});
