/** What the planned runbook promises about order, asked of its nodes: whatever a system has or has not. */
import { describe, expect, it } from 'vitest';
import { PHASES, type PlanNode } from '../../../src/machine/types.ts';
import { emergency } from '../../../src/steps/runbooks/emergency.ts';
import { planned } from '../../../src/steps/runbooks/planned.ts';
import { nodesFor, type Runbook, stepsOf } from '../../../src/steps/step.ts';
import type { FencePlan } from '../../../src/steps/system.ts';
import { system } from '../system.ts';

const FENCES: FencePlan[] = [
  { strategy: 'statefulset', name: 'postgres' },
  { strategy: 'exec', stop: ['./stop.sh'], start: null },
  { strategy: 'http', stop: 'https://ops/stop', start: null },
  { strategy: 'sql' },
];
const full = system();
const HOLD = {
  forMs: 600_000,
  everyMs: 10_000,
  cpu: { query: null, atMost: 0.9 },
  memory: { query: null, atMost: 0.9 },
};
const POOLERS = { pauseMs: 30_000, waitMs: 10_000, of: { east: ['pool:6432'], west: ['pool:6432'] } };
/** Every kind of system: each fence, with and without cache, writers and public addresses; the public ones with poolers. */
const SYSTEMS = FENCES.flatMap((fence) =>
  [full.cache, null].flatMap((cache) =>
    [true, false].flatMap((writers) =>
      [true, false].map((seen) => {
        const deployments = full.deployments.map((one) => ({
          ...one,
          writeHeavy: writers && one.writeHeavy,
          health: seen ? one.health : null,
          publicHealth: seen ? one.publicHealth : null,
        }));
        const name = `${fence.strategy}, ${cache ? 'Redis' : 'no Redis'}, ${writers ? 'writers' : 'no writers'}, ${seen ? 'public' : 'not public'}`;
        return {
          name,
          nodes: nodesFor(
            planned,
            system(fence, { cache, deployments, ...(seen && { poolers: POOLERS }) }),
            'east',
            'west',
          ),
        };
      }),
    ),
  ),
);

/** What tidies up comes after every phase. */
const rank = (phase: string) => (phase === 'atEnd' ? PHASES.length : PHASES.indexOf(phase as (typeof PHASES)[number]));
const phaseOf = (node: PlanNode) => rank(node.phase);
/** Changes nothing for clients: it makes room, or marks the clusters and takes the mark away. */
const HARMLESS = ['scale-up-target', 'freeze-changes', 'lift-freeze', 'release-pools'];

/** Everything that must be settled before this node may begin: what it comes after, the gates of its phase, earlier phases. */
function needs(nodes: PlanNode[], id: string): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    const node = nodes.find((one) => one.id === name)!;
    const direct = [
      ...node.after,
      ...nodes.filter((other) => phaseOf(other) < phaseOf(node) && node.kind === 'step').map((other) => other.id),
      ...nodes.filter((o) => o.kind === 'gate' && node.kind === 'step' && o.phase === node.phase).map((o) => o.id),
    ];
    for (const one of direct)
      if (!found.has(one)) {
        found.add(one);
        visit(one);
      }
  };
  visit(id);
  return found;
}

describe.each(SYSTEMS)('$name', ({ nodes }) => {
  const ids = new Set(nodes.map((node) => node.id));
  const needed = (id: string) => needs(nodes, id);

  it('comes only after nodes it has, of its phase or an earlier one, and never in a circle', () => {
    for (const node of nodes) {
      for (const other of node.after) {
        expect(ids, `${node.id} comes after ${other}`).toContain(other);
        expect(phaseOf(nodes.find((one) => one.id === other)!)).toBeLessThanOrEqual(phaseOf(node));
      }
      expect(needed(node.id), node.id).not.toContain(node.id);
    }
  });

  it('points DNS nowhere before a proven write and the DNS gate', () => {
    expect([...needed('switch-dns')]).toEqual(
      expect.arrayContaining(['prove-target-writable', 'promote-postgres', 'prove-fence', 'dns', 'promote']),
    );
  });

  it('holds that by the step itself too, not only by the order of phases', () => {
    expect(nodes.find((node) => node.id === 'switch-dns')!.after).toContain('prove-target-writable');
    expect(nodes.find((node) => node.id === 'dns-answers')!.after).toContain('switch-dns');
  });

  it('promotes nothing before the gate, the fence, its proof and the proof of replication', () => {
    const before = ['promote', 'fence-source', 'prove-fence', 'prove-replicated', 'scale-up-target', 'replication-lag'];
    expect([...needed('promote-postgres')]).toEqual(expect.arrayContaining(before));
    if (ids.has('switch-redis'))
      expect([...needed('switch-redis')]).toEqual(expect.arrayContaining([...before, 'promote-postgres']));
  });

  it('proves the fence after it stands, and replication behind the fence', () => {
    expect([...needed('prove-fence')]).toContain('fence-source');
    expect([...needed('prove-replicated')]).toContain('prove-fence');
  });

  it('fences only after writers were stopped and the courtesy was set', () => {
    expect([...needed('fence-source')]).toContain('read-only-source');
    if (ids.has('stop-writers')) expect([...needed('fence-source')]).toContain('stop-writers');
  });

  it('proves a write only when everything it goes to has been switched', () => {
    const before = ['promote-postgres', 'reopen-target', 'switch-redis'].filter((id) => ids.has(id));
    expect([...needed('prove-target-writable')]).toEqual(expect.arrayContaining(before));
  });

  it('decides only when the target and Redis were looked at, and asks services there before anything is stopped', () => {
    const looked = ['target-healthy', 'redis-in-sync'].filter((id) => ids.has(id));
    expect(nodes.find((node) => node.id === 'promote')!.after).toEqual(expect.arrayContaining(looked));
    expect(ids.has('redis-in-sync')).toBe(ids.has('switch-redis'));
    if (!ids.has('target-endpoints')) return;
    expect([...needed('target-endpoints')]).toContain('scale-up-target');
    for (const node of nodes)
      if (node.kind === 'step' && node.effect && !HARMLESS.includes(node.id))
        expect([...needed(node.id)], node.id).toContain('target-endpoints');
  });

  it('stops nothing in the source before the promote gate', () => {
    for (const node of nodes)
      if (node.kind === 'step' && node.effect && !HARMLESS.includes(node.id))
        expect([...needed(node.id)], node.id).toContain('promote');
  });

  it('takes no irreversible step before the promote gate’s phase, and none without the gate', () => {
    const gate = nodes.find((node) => node.id === 'promote')!;
    for (const node of nodes)
      if (node.kind === 'step' && node.noUndo !== null) {
        expect(phaseOf(node), node.id).toBeGreaterThanOrEqual(phaseOf(gate));
        expect([...needed(node.id)], node.id).toContain('promote');
      }
  });

  it('asks both gates as soon as what they show is known, before anything is changed', () => {
    const effects = new Set(nodes.flatMap((node) => (node.kind === 'step' && node.effect ? [node.id] : [])));
    for (const gate of ['promote', 'dns'])
      for (const id of needed(gate)) expect(effects, `${gate} waits for ${id}`).not.toContain(id);
  });

  it('never skips what later steps rest on', () => {
    for (const id of [
      'source-is-primary',
      'replication-lag',
      'target-capacity',
      'prove-fence',
      'prove-replicated',
      'prove-target-writable',
    ])
      expect(nodes.find((node) => node.id === id)).toMatchObject({ proves: true, effect: false });
  });

  it('lets people skip, with a reason, what only looks ahead', () => {
    for (const id of ['target-healthy', 'redis-in-sync', 'config-parity', 'target-endpoints'].filter((one) =>
      ids.has(one),
    ))
      expect(nodes.find((node) => node.id === id)).toMatchObject({ proves: false, effect: false });
  });

  it('starts the outage clock with the first stop, whichever that is', () => {
    const stops = nodes.flatMap((node) => (node.kind === 'step' && node.clock === 'writes-stop' ? [node.id] : []));
    expect(stops).toEqual(['read-only-source', 'stop-writers', 'fence-source'].filter((id) => ids.has(id)));
  });
});

describe('poolers', () => {
  const of = (runbook: Runbook, more = {}) => nodesFor(runbook, system(FENCES[0], more), 'east', 'west');
  const ids = (nodes: PlanNode[]) => nodes.map(({ id }) => id).filter((id) => id.endsWith('-pools'));
  it('hold clients back before writes are refused, and let them go where they are taken', () => {
    const nodes = of(planned, { poolers: POOLERS });
    expect(needs(nodes, 'read-only-source')).toContain('pause-pools');
    expect(needs(nodes, 'pause-pools')).toContain('promote');
    expect(needs(nodes, 'resume-pools')).toContain('prove-target-writable');
    expect(needs(nodes, 'reconnect-pools')).toContain('dns-answers');
  });
  it('hold nobody back in an emergency, and are no part of a system without any', () => {
    expect(ids(of(emergency, { poolers: POOLERS }))).toEqual(['resume-pools', 'reconnect-pools']);
    expect([...ids(of(planned)), ...ids(of(emergency))]).toEqual([]);
  });
});

describe('a standby within the run', () => {
  const more = { exec: ['./standby.sh', '{verb}'], strategy: 'auto', timeoutMs: 1000, inRun: true } as const;
  const made = system();
  made.regions['east']!.reprotect = { ...more, exec: [...more.exec] };
  const nodes = nodesFor(planned, made, 'east', 'west');
  it('is made one after the other, once all is served and before the run is watched', () => {
    const order = ['can-follow', 'make-standby', 'start-standby', 'standby-follows'];
    for (const [index, id] of order.entries()) {
      expect([...needs(nodes, id)]).toEqual(
        expect.arrayContaining(['switch-dns', 'prove-target-writable', ...order.slice(0, index)]),
      );
      expect(nodes.find((node) => node.id === id)).toMatchObject({ phase: 'securing', onFailure: 'continue' });
    }
    for (const id of order)
      expect(needs(nodesFor(planned, { ...made, hold: HOLD }, 'east', 'west'), 'watch-health')).toContain(id);
  });
  it('is no part of an emergency: it would throw away what only that region has', () => {
    const ids = nodesFor(emergency, made, 'east', 'west').map(({ id }) => id);
    expect(ids.filter((id) => /standby$|follow/.test(id))).toEqual(['target-standby']);
  });
});

describe('the list', () => {
  const steps = stepsOf(planned);

  it('has every id once', () => {
    const ids = planned.nodes.map((node) => node.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('requires right before an intent only steps and gates that some runbook has', () => {
    const all = new Set([...planned.nodes, ...emergency.nodes].map((node) => node.id));
    for (const { id: of, requires } of steps)
      for (const id of [
        ...(requires?.steps ?? []),
        ...(requires?.gate ? [requires.gate] : []),
        ...Object.entries(requires?.gateFor ?? {}).flat(),
      ])
        expect(all, `${of} requires ${id}`).toContain(id);
  });
  it('keeps every call below 30 s, and every effect with a way back or a reason why there is none', () => {
    for (const step of steps) {
      expect(step.callMs ?? 0, step.id).toBeLessThan(30_000);
      if (step.run) expect(step.undo, step.id).toBeDefined();
    }
  });
  it('lists phases in the order they follow each other', () => {
    const order = steps.map((step) => rank(step.phase));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
