/** NovaCron's scripts, run as Regent runs them, on its systems; what came of them is asked of the systems. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOVA_SCRIPTS } from '../../../lab/scripts/nova/table.ts';
import { type Nova, startNova } from '../../../lab/services/nova.ts';
import { damage } from '../../../lab/services/nova-state.ts';
import { readWorldFile } from '../../../lab/world/file.ts';
import { WORLDS } from '../../../lab/world/kinds.ts';
import { corruptCopies, type Scripts, writeScripts } from '../../../lab/world/scripts.ts';
import { type Ended, freshDir, run } from './rig.ts';

const [EAST, WEST, EU] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const;
const REGIONS = [EAST, WEST, EU];
/** Bars are over in 20 ms, and Cloudflare's edge and the nodes' power as well. */
const PACE = 500;

let dir: string;
let nova: Nova;
let scripts: Scripts;
let down: Set<string>;
/** What the load balancer's questions find: who answers for a region. */
let answering: Record<string, string>;

beforeEach(async () => {
  dir = freshDir();
  down = new Set();
  answering = Object.fromEntries(REGIONS.map((region) => [region, region]));
  const file = readWorldFile(WORLDS.novacron);
  nova = await startNova({
    dir: join(dir, 'nova'),
    pace: PACE,
    regions: REGIONS.map((name) => ({ name, alias: file.regions[name]!.alias })),
    services: Object.keys(file.services.deployments),
    ask: async (region) => {
      if (down.has(region)) throw new Error('nobody answers');
      return { status: 200, region: answering[region]! };
    },
    reachable: (region) => !down.has(region),
  });
  scripts = writeScripts({
    dir,
    pace: PACE,
    file,
    regions: REGIONS,
    postgres: {
      node: () => ({
        url: () => 'postgres://nobody',
        dataDirectory: dir,
        programs: { version: 18, initdb: '', postgres: '', tools: null },
      }),
    },
    database: 'novacron',
    redis: null,
    clusters: Object.fromEntries(REGIONS.map((region) => [region, { url: 'http://nobody', namespace: 'novacron' }])),
    token: 'none',
    scripts: NOVA_SCRIPTS,
    nova: nova.facts,
  });
});
afterEach(async () => {
  await nova?.close();
  rmSync(dir, { recursive: true, force: true });
});

const script = (name: string, ...args: string[]): Promise<Ended> =>
  run(scripts, name, args, { REGENT_RUN: 'novacron-1' });
const summary = ({ status, report, stderr }: Ended): string => `${status}: ${report?.['summary'] ?? stderr.trim()}`;
const says = async (name: string, ...args: string[]): Promise<string> => summary(await script(name, ...args));

const carry = (kind: string, verb: string, from: string, to = 'usw2') =>
  script('state.sh', verb, `--kind=${kind}`, `--from=${from}`, `--to=${to}`);
const missing = (kind: string, region: string = WEST): number => nova.seen().regions[region]!.state[kind]!.missing;

describe('what points at a region', () => {
  it.each([
    ['internal_dns.sh', 'internalDns', 'internal names point at us-west-2'],
    ['internal_routing.sh', 'routing', 'internal routes point at us-west-2'],
    ['monitoring_target.sh', 'monitoring', 'alert rules and dashboards point at us-west-2'],
    ['cloudflare_records.sh', 'cloudflare', "Cloudflare's records point at us-west-2, at its edge too"],
  ] as const)('%s moves it, says so, and back', async (name, system, words) => {
    expect(await says(name, '--region=usw2', '--check')).toMatch(/^1: /);
    expect(nova.seen()[system]).toBe(EAST);
    expect(await says(name, '--region=usw2')).toBe(`0: ${words}`);
    expect(nova.seen()[system]).toBe(WEST);
    expect(await says(name, '--region=usw2', '--check')).toBe(`0: ${words}`);
    expect(await says(name, '--region=use1')).toMatch(/^0: /);
    expect(nova.seen()[system]).toBe(EAST);
  });
});

describe('the load balancer', () => {
  it('gives all weight to the target, and answers from there alone', async () => {
    expect(await says('load_balancer.sh', '--region=usw2', '--ask')).toBe(
      '1: 0 of 20 came to us-west-2, others: us-east-1',
    );
    expect(await says('load_balancer.sh', '--region=usw2')).toBe('0: the load balancer gives all weight to us-west-2');
    expect(nova.seen().balancer).toEqual({ [EAST]: 0, [WEST]: 100, [EU]: 0 });
    expect(await says('load_balancer.sh', '--region=usw2', '--ask')).toBe('0: 20 of 20 requests came to us-west-2');
  });

  it('is asked through: a pool that answers from elsewhere, or not at all, is seen', async () => {
    await script('load_balancer.sh', '--region=usw2');
    answering[WEST] = EU;
    expect(await says('load_balancer.sh', '--region=usw2', '--ask')).toBe(
      '1: 0 of 20 came to us-west-2, others: eu-west-1',
    );
    down.add(WEST);
    expect(await says('load_balancer.sh', '--region=usw2', '--ask')).toBe(
      '1: 0 of 20 came to us-west-2, others: nobody',
    );
  });

  it('lets go of a pool, and takes it back without weight', async () => {
    await script('load_balancer.sh', '--region=usw2');
    expect(await says('load_balancer.sh', '--region=use1', '--remove')).toBe(
      '0: us-east-1 is not in the load balancer',
    );
    expect(nova.seen().balancer).toEqual({ [WEST]: 100, [EU]: 0 });
    await script('load_balancer.sh', '--region=use1', '--add');
    expect(nova.seen().balancer).toEqual({ [WEST]: 100, [EU]: 0, [EAST]: 0 });
  });
});

describe('state', () => {
  it('of every region that answers is carried over whole, and the newer of two stays', async () => {
    down.add(EAST);
    expect(missing('crdt')).toBeGreaterThan(3);
    expect(summary(await carry('crdt', 'snapshot', 'use1,euw1'))).toBe(
      '0: eu-west-1 snapped; us-east-1 does not answer',
    );
    const moved = await carry('crdt', 'transfer', 'use1,euw1');
    const bytes = Number(moved.report?.['bytes']);
    expect(bytes).toBeGreaterThan(6_000_000);
    expect(moved.progress.at(-1)).toEqual({ done: bytes, total: bytes, unit: 'bytes' });
    const { report } = await carry('crdt', 'validate', 'use1,euw1');
    const { from, to } = report!['checksum'] as { from: string; to: string };
    expect(from).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(to).toBe(from);
    expect(summary(await carry('crdt', 'apply', 'use1,euw1'))).toMatch(
      /^0: crdt: \d+ entries of eu-west-1 were newer$/,
    );
    expect(missing('crdt')).toBe(0);
    expect(await says('crdt_check.sh', '--region=usw2')).toMatch(
      /^0: 50 entries whole, .*us-east-1 could not be asked$/,
    );
  });

  it('of two regions has one checksum for both', async () => {
    for (const verb of ['snapshot', 'transfer']) await carry('configuration', verb, 'use1,euw1');
    const { report } = await carry('configuration', 'validate', 'use1,euw1');
    expect(report).toMatchObject({ summary: 'configuration arrived as it was taken' });
    await carry('configuration', 'apply', 'use1,euw1');
    expect(missing('configuration')).toBe(0);
  });

  it('that was damaged on the way is seen: the two checksums differ', async () => {
    corruptCopies({ dir }, 'state.sh');
    for (const verb of ['snapshot', 'transfer']) await carry('vm-state', verb, 'euw1');
    const { report } = await carry('vm-state', 'validate', 'euw1');
    const { from, to } = report!['checksum'] as { from: string; to: string };
    expect(to).not.toBe(from);
    expect(summary(await carry('vm-state', 'apply', 'euw1'))).toMatch(/^[12]: .*is not what it says/);
  });

  it('of nobody is refused, and what was never snapped cannot be transferred', async () => {
    for (const region of [EAST, EU]) down.add(region);
    expect(summary(await carry('crdt', 'snapshot', 'use1,euw1'))).toBe(
      '1: None of us-east-1 and eu-west-1 answers: there is nothing to carry.',
    );
    expect(summary(await carry('crdt', 'transfer', 'use1,euw1'))).toMatch(/^1: There is no snapshot of crdt/);
  });

  it('is looked at: an entry that is damaged on the disk is named', async () => {
    damage(join(dir, 'nova', EAST), 'crdt');
    expect(await says('crdt_check.sh', '--region=use1')).toMatch(/entry-001 is damaged$/);
  });
});

describe('the leader of the consensus', () => {
  it('is elected by most of all members, and none whose log is behind', async () => {
    down.add(EAST);
    expect(await says('consensus_leader.sh', '--region=usw2', '--check')).toBe('1: us-west-2 does not lead in term 1');
    expect(await says('consensus_leader.sh', '--region=usw2')).toMatch(/^1: .*1 of 3 members vote for us-west-2/);
    for (const verb of ['snapshot', 'transfer', 'validate', 'apply']) await carry('consensus-logs', verb, 'euw1');
    expect(await says('consensus_leader.sh', '--region=usw2')).toMatch(
      /^0: us-west-2 leads the consensus in term \d, with 2 of 3 votes$/,
    );
    expect(nova.seen().leaders).toEqual([WEST]);
  });

  it('that comes back hears of the newer term and leads no more', async () => {
    down.add(EAST);
    for (const verb of ['snapshot', 'transfer', 'validate', 'apply']) await carry('consensus-logs', verb, 'euw1');
    await script('consensus_leader.sh', '--region=usw2');
    down.delete(EAST);
    expect(nova.seen().leaders).toEqual([WEST]);
  });

  it('is what machines are ordered from; machines without their state are named', async () => {
    expect(await says('vm_check.sh', '--region=use1')).toBe(
      '0: 32 machines with their state; one ordered, read and given up',
    );
    expect(await says('vm_check.sh', '--region=usw2')).toMatch(/^1: Of 1 of 31 machines nobody knows the state/);
    for (const verb of ['snapshot', 'transfer', 'validate', 'apply']) await carry('vm-state', verb, 'euw1');
    expect(await says('vm_check.sh', '--region=usw2')).toMatch(/^1: .*us-west-2 does not lead/);
  });
});

describe('the region that is left', () => {
  const CALLS = [
    ['power_off_nodes.sh', 'every node of us-east-1 is off'],
    ['firewall.sh', 'the firewall of us-east-1 lets only management in'],
    ['storage_access.sh', 'shared storage refuses the key of us-east-1'],
  ] as const;

  it.each(CALLS)('%s is done, and seen to be', async (name, words) => {
    expect(await says(name, '--region=use1', '--check')).toMatch(/^1: /);
    expect(await says(name, '--region=use1')).toBe(`0: ${words}`);
    expect(await says(name, '--region=use1', '--check')).toBe(`0: ${words}`);
  });

  it('that is gone says nothing: neither yes nor no', async () => {
    down.add(EAST);
    const asked = await Promise.all(CALLS.map(([name]) => says(name, '--region=use1', '--check')));
    for (const one of asked) expect(one).toMatch(/^2: .*does not answer: no answer within 2 s\.$/);
    expect(nova.seen().regions[EAST]).toMatchObject({ nodesOn: 3, firewall: 'open', storage: 'granted' });
  });

  it('whose nodes are off, or whose firewall is closed, leads and serves no more', async () => {
    await script('firewall.sh', '--region=use1');
    expect(await says('crdt_check.sh', '--region=use1')).toMatch(/^2: .*lets only management in/);
    expect(nova.seen().leaders).toEqual([]);
    await script('firewall.sh', '--region=use1', '--open');
    expect(nova.seen().leaders).toEqual([EAST]);
    await script('power_off_nodes.sh', '--region=use1');
    expect(nova.seen()).toMatchObject({ leaders: [], regions: { [EAST]: { nodesOn: 0 } } });
  });
});
