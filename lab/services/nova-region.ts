/**
 * One region of NovaCron beside its database and cluster: its state, its member of the consensus, its machines; and on
 * the management network the power of its nodes, its firewall and its access to shared storage. A region that is gone
 * answers nobody. Nodes that are off, or a closed firewall, leave the management network alone.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Asked, bytesOf, jsonOf, Refused, type Said, serve } from './nova-http.ts';
import {
  entriesIn,
  isKind,
  logLength,
  machinesIn,
  merge,
  missingFrom,
  pack,
  STATE_KINDS,
  writeState,
} from './nova-state.ts';

/** How far a region is shut out. */
export type Shut = { nodesOn: number; firewall: 'open' | 'closed'; storage: 'granted' | 'revoked' };

export type NovaRegionSeen = Shut & {
  leads: boolean;
  /** Entries of each kind of state, how many of them others have newer or besides, and how many are damaged. */
  state: Record<string, { entries: number; missing: number; broken: number }>;
  machinesWithoutState: number;
};

export type NovaRegion = {
  readonly name: string;
  readonly alias: string;
  readonly url: string;
  /** Where its state lies. */
  readonly dir: string;
  /** The newest term its member of the consensus knows of. */
  term(): number;
  /** A member asks for this one's vote. */
  vote(term: number, log: number, candidate: string): boolean;
  /** Whether a node is on and others get through to it. */
  works(): boolean;
  shut(): Shut;
  leads(): boolean;
  /** Reads and counts all of its state, and the others': not to be asked all the time. */
  seen(others: NovaRegion[]): NovaRegionSeen;
  close(): Promise<void>;
};

type Options = {
  name: string;
  alias: string;
  dir: string;
  behind: number;
  leads: boolean;
  pace: number;
  reachable(): boolean;
  answers(): boolean;
  /** Members that can be reached from here. */
  peers(): NovaRegion[];
  /** Of all members, this one too. */
  members: number;
  onPowerOff(): Promise<void> | void;
};

const NODES = ['node-1', 'node-2', 'node-3'];
/** How long a node takes to go off at pace 1, ms. */
const POWER_MS = 10_000;
const FILE_NAME = /^[a-z0-9][a-z0-9.-]*$/;

const checksum = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

export async function startNovaRegion(options: Options): Promise<NovaRegion> {
  const { name, alias, dir, behind, pace, reachable, answers, peers, members, onPowerOff } = options;
  const boxes = { snapshots: join(dir, 'snapshots'), incoming: join(dir, 'incoming') };
  for (const box of Object.values(boxes)) mkdirSync(box, { recursive: true, mode: 0o700 });
  writeState(dir, { name, behind });
  /** By node: off since when, ms; null while it is on. */
  const off = new Map<string, number | null>(NODES.map((node) => [node, null]));
  const machines = new Set<string>();
  const consensus = { term: 1, votedFor: options.leads ? name : null, leader: options.leads };
  let open = true;
  let granted = true;

  const isOn = (node: string): boolean => Date.now() < (off.get(node) ?? Number.POSITIVE_INFINITY);
  const nodesOn = () => NODES.filter(isOn).length;
  const works = () => open && nodesOn() > 0;

  /** Whoever hears of a newer term leads no more. */
  function hear(): void {
    const newest = Math.max(
      0,
      ...peers()
        .filter((peer) => peer.works())
        .map((peer) => peer.term()),
    );
    if (newest > consensus.term) Object.assign(consensus, { term: newest, leader: false });
  }

  const shut = (): Shut => ({
    nodesOn: nodesOn(),
    firewall: open ? 'open' : 'closed',
    storage: granted ? 'granted' : 'revoked',
  });
  function leads(): boolean {
    if (reachable()) hear();
    return consensus.leader && works();
  }

  function management({ method, path: [what, verb] }: Asked): Said | null {
    const call = `${method} ${what}${verb === undefined ? '' : `/${verb}`}`;
    switch (call) {
      case 'GET power':
        return { body: { nodes: NODES.map((node) => ({ name: node, on: isOn(node) })) } };
      case 'POST power/off': {
        const was = NODES.filter((node) => off.get(node) === null);
        for (const node of was) off.set(node, Date.now() + POWER_MS / pace);
        if (was.length > 0) void Promise.resolve(onPowerOff()).catch(() => {});
        return { body: { ordered: was.length } };
      }
      case 'GET firewall':
        return { body: { open } };
      case 'POST firewall/close':
      case 'POST firewall/open':
        open = verb === 'open';
        return { body: { open } };
      // The only way to know is to try: a write with the region's own key.
      case 'POST storage/write':
        if (granted) return { body: { written: true } };
        throw new Refused(`the key of ${name} is revoked`, 403);
      case 'POST storage/revoke':
      case 'POST storage/grant':
        granted = verb === 'grant';
        return { body: { granted } };
    }
    return null;
  }

  async function state({ method, path: [, kind = '', box, file], request }: Asked): Promise<Said> {
    if (!isKind(kind)) throw new Refused(`no state ${kind} here`, 404);
    const call = `${method} ${box ?? ''}`;
    if (call === 'GET ') return { body: entriesIn(dir, kind) };
    const given = method === 'POST' ? String((await jsonOf(request))['name'] ?? '') : (file ?? '');
    if (!FILE_NAME.test(given)) throw new Refused('a name is missing', 400);
    const at = (place: keyof typeof boxes) => join(boxes[place], `${kind}.${given}`);
    switch (call) {
      case 'POST snapshots': {
        const bytes = pack(dir, kind, at('snapshots'));
        return { body: { bytes: bytes.length, checksum: checksum(bytes) } };
      }
      case 'GET snapshots':
        return { stream: readFileSync(at('snapshots')) };
      case 'PUT incoming': {
        const bytes = await bytesOf(request);
        writeFileSync(`${at('incoming')}.partial`, bytes, { mode: 0o600 });
        renameSync(`${at('incoming')}.partial`, at('incoming'));
        return { body: { bytes: bytes.length } };
      }
      // Counted from the disk, whoever brought it.
      case 'GET incoming': {
        const bytes = readFileSync(at('incoming'));
        return { body: { bytes: bytes.length, checksum: checksum(bytes) } };
      }
      case 'POST apply':
        return { body: merge(dir, kind, readFileSync(at('incoming'))) };
    }
    throw new Refused(`no ${call} here`, 404);
  }

  /** As Raft has it: a term of one's own, and votes of most of all members, whose logs are no longer than one's own. */
  function campaign(): Said {
    if (consensus.leader) return { body: { term: consensus.term, votes: members, of: members } };
    const log = logLength(dir);
    const there = peers().filter((peer) => peer.works());
    consensus.term += 1;
    consensus.votedFor = name;
    const votes = 1 + there.filter((peer) => peer.vote(consensus.term, log, name)).length;
    if (votes * 2 <= members)
      throw new Refused(
        `${votes} of ${members} members vote for ${name} in term ${consensus.term}, most of them are needed; its log has ${log} segments`,
      );
    consensus.leader = true;
    return { body: { term: consensus.term, votes, of: members } };
  }

  function vms({ method, path: [, id] }: Asked): Said {
    if (method === 'GET' && id === undefined) return { body: machinesIn(dir) };
    if (id === undefined || !FILE_NAME.test(id)) throw new Refused('a name is missing', 400);
    if (method === 'GET') {
      if (machines.has(id)) return { body: { machine: id, region: name } };
      throw new Refused(`no machine ${id}`, 404);
    }
    if (!consensus.leader) throw new Refused(`${name} does not lead: machines are ordered from the leader`);
    if (method === 'POST') machines.add(id);
    else machines.delete(id);
    return { status: method === 'POST' ? 201 : 200, body: { machine: id, region: name } };
  }

  async function answer(asked: Asked): Promise<Said> {
    const managed = management(asked);
    if (managed !== null) return managed;
    hear();
    const [what, verb] = asked.path;
    if (!works())
      throw new Refused(open ? `the nodes of ${name} are off` : `the firewall of ${name} lets only management in`, 503);
    if (what === 'state') return await state(asked);
    if (what === 'machines') return vms(asked);
    if (what === 'consensus' && asked.method === 'GET')
      return { body: { term: consensus.term, leader: consensus.leader, log: logLength(dir) } };
    if (what === 'consensus' && verb === 'campaign') return campaign();
    throw new Refused(`no ${asked.method} /${asked.path.join('/')} here`, 404);
  }

  const served = await serve(answer, () => answers() && reachable());
  return {
    name,
    alias,
    dir,
    url: served.url,
    works,
    term: () => consensus.term,
    vote(term, log, candidate) {
      if (term <= consensus.term || log < logLength(dir)) return false;
      Object.assign(consensus, { term, votedFor: candidate, leader: false });
      return true;
    },
    shut,
    leads,
    seen(others): NovaRegionSeen {
      return {
        ...shut(),
        leads: leads(),
        state: Object.fromEntries(STATE_KINDS.map((kind) => [kind, stateSeen(dir, kind, others)])),
        machinesWithoutState: machinesIn(dir).withoutState.length,
      };
    },
    close: () => served.close(),
  };
}

function stateSeen(dir: string, kind: string, others: NovaRegion[]) {
  const own = entriesIn(dir, kind);
  const theirs = others.map((one) => entriesIn(one.dir, kind));
  return {
    entries: Object.keys(own.versions).length,
    missing: missingFrom(own, theirs).length,
    broken: own.broken.length,
  };
}
