/**
 * The API as the program builds it: real HTTP on a free port, the real dispatcher, face and journal behind it, over the
 * world in memory. Each person has a token: `token('UANA')`. Slack may be taken away, as far as the door can see.
 */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { type ApiOptions, startApi } from '../../src/api/server.ts';
import { dispatcher } from '../../src/commands/dispatch.ts';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Person } from '../../src/ports/chat.ts';
import { Face } from '../../src/runner/face.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import type { System } from '../../src/steps/system.ts';
import { bench } from '../commands/bench.ts';

const KINDS: Record<string, Person['kind']> = { UEVE: 'guest', UBOT: 'bot', USTR: 'stranger', UGONE: 'deactivated' };
const PEOPLE = ['UANA', 'UBO', 'UCY', 'UDEE', 'UEVE', 'UBOT', 'USTR', 'UGONE', 'UWHO'];
/** What the configuration gave each token; Cy's nothing. */
const FROZEN: Record<string, string[]> = {
  UANA: ['group:SOPS'],
  UBO: ['group:SOPS', 'group:SSRE'],
  UDEE: ['group:SOPS', 'group:SSRE'],
  UGONE: ['group:SOPS'],
};

export const token = (person: string): string => `dr_${createHash('sha256').update(person).digest('base64url')}`;

export type Heard = {
  status: number;
  headers: Headers;
  text: string;
  body: { ok: boolean; title: string; lines: string[]; refused?: string; [key: string]: unknown };
};

export type Rig = Awaited<ReturnType<typeof rig>>;

export async function rig(options: { regions?: System['regions']; api?: Partial<ApiOptions>; chatMs?: number } = {}) {
  const here = await bench();
  const { ledger, journal, clock, ports, system } = here;
  const runner = options.regions
    ? new Face({
        ledger,
        journal,
        clock,
        system: { ...system, regions: options.regions },
        ports: { ...ports, clock },
        runbooks: { planned },
        callMs: 1000,
        stop: here.stop.signal,
      })
    : here.face;
  const slack: { answers: boolean | 'never' } = { answers: true };
  const asked = async <T>(answer: () => T, signal: AbortSignal): Promise<T> => {
    if (slack.answers === true) return answer();
    if (slack.answers === 'never')
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    throw new IntegrationError('Slack gave no answer: connect ECONNREFUSED (users.info).', {
      code: 'slack_unreachable',
      system: 'slack',
      operation: 'users.info',
      effect: 'none',
    });
  };
  const broken: unknown[] = [];
  const world = {
    runner,
    operators: ['group:SOPS'],
    contacts: here.system.contacts,
    channel: 'C1',
    linkTo: async () => null,
    chat: {
      person: (id: string, signal: AbortSignal) =>
        asked((): Person => {
          if (id !== 'UWHO') return { id, name: id, kind: KINDS[id] ?? 'member' };
          const details = { code: 'slack_user_not_found', system: 'slack', operation: 'users.info' };
          throw new IntegrationError('Slack answered user_not_found (users.info).', details);
        }, signal),
      membersOf: (group: string, signal: AbortSignal) =>
        asked(() => {
          const members = here.groups[group] ?? [];
          if (members instanceof Error) throw members;
          return members;
        }, signal),
    },
    groups: ['group:SOPS', 'group:SSRE'],
    chatMs: options.chatMs ?? 2000,
    onError: (error: unknown) => broken.push(error),
    stop: here.stop.signal,
  };
  const logged: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const log = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void logged.push({ level, message, fields });
  const api = await startApi({
    listen: { host: '127.0.0.1', port: 0 },
    tokens: PEOPLE.map((person) => ({
      name: person.toLowerCase(),
      person,
      sha256: createHash('sha256').update(token(person)).digest('hex'),
      groups: FROZEN[person] ?? [],
    })),
    dispatch: dispatcher(world),
    ready: async () => ({ leads: true, chat: 'connected', lastWriteAt: null }),
    names: { SOPS: 'group:ops', SSRE: 'group:sre' },
    now: here.clock.now,
    log: { info: log('info'), warn: log('warn') },
    ...options.api,
  });

  const ask = async (method: string, path: string, init: RequestInit & { as?: string } = {}): Promise<Heard> => {
    const { as, headers, ...rest } = init;
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { ...(as === undefined ? {} : { authorization: `Bearer ${token(as)}` }), ...headers },
      ...rest,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
  };
  const post = (as: string, command: string, values: object = {}, headers: Record<string, string> = {}) =>
    ask('POST', `/dr/${command}`, { as, headers, body: JSON.stringify(values) });
  const get = (as: string, path: string) => ask('GET', path, { as });
  return {
    ...here,
    api,
    slack,
    broken,
    logged,
    ask,
    post,
    get,
    /** The plan of the run under way is made, its first checks are done, both gates are open. */
    async gatesOpen() {
      await here.append({ type: 'PLANNED', plan: here.plan });
      for (const node of here.plan.nodes)
        if (node.kind === 'step' && ['validating', 'assessing'].includes(node.phase))
          await here.append({ type: 'STEP_ALREADY_DONE', step: node.id, evidence: {}, summary: null });
      await here.append(here.open('promote'), here.open('dns'));
    },
    /** What the journal says of calls: who, with what, judged how. */
    calls: async () =>
      (await here.journal.read('system'))
        .filter(({ type }) => type === 'CALLED')
        .map(({ actor, data }) => ({ actor, ...data })),
    [Symbol.asyncDispose]: () => api.close(100),
  };
}

/** Sends bytes as they are, and everything that comes back. */
export async function raw(here: Pick<Rig, 'api'>, bytes: string | Buffer, end = false): Promise<string> {
  const { hostname, port } = new URL(here.api.url);
  return await new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
