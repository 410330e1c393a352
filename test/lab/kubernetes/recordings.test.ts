/**
 * Replays every recorded exchange with a real kube-apiserver against the lab's server, in their order, and compares
 * status, content type and the whole body; ids, times, versions and random names are the only things let off.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesLab, startKubernetes } from '../../../lab/kubernetes/start.ts';
import { learn, normalize } from './normalize.ts';
import { type Answer, ask, eventually } from './support.ts';

type Recording = {
  name: string;
  request: { method: string; path: string; headers?: Record<string, string> | null; body?: unknown };
  response: { status: number; headers: Record<string, string>; body: unknown; lines?: string[] };
};

const { recordings } = JSON.parse(
  readFileSync(new URL('../../fixtures/kubernetes-recordings.json', import.meta.url), 'utf8'),
) as { recordings: Recording[] };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What the recorder itself changed before writing it down: a value set in memory for the next PUT, redacted secrets. */
const EXPECTED: Record<string, (body: unknown) => unknown> = {
  secrets: (body) =>
    JSON.parse(
      JSON.stringify(body)
        .replace('"namespace":"PHJlZGFjdGVkPg=="', `"namespace":"${base64('eden')}"`)
        .replace('"EXAMPLE":"PHJlZGFjdGVkPg=="', `"EXAMPLE":"${base64('not-a-secret')}"`),
    ),
  'scale read again': (body) => ({ ...(body as object), spec: { replicas: 3 } }),
};

/** Requests that were sent once the cluster had got so far: nothing else waits. */
const FIRST: Record<string, (lab: KubernetesLab) => boolean> = {
  'scale strategic merge patch': (lab) =>
    (lab.get('deployments', 'task-service', 'eden') as { status?: { replicas?: number } }).status?.replicas === 3,
};

describe('a real API server, replayed', () => {
  let lab: KubernetesLab;
  const known = new Map<string, string>();

  beforeAll(async () => {
    const node = (index: number) => ({ name: `primary-node-${index}`, cpu: '16', memory: '64Gi', pods: 110 });
    lab = await startKubernetes({
      name: 'primary',
      namespace: 'somewhere-else',
      tokens: { admin: 'admin', alice: 'alice' },
      nodes: [node(0), node(1), node(2)],
      may: ({ user }) => user !== 'alice',
      delays: { controllerMs: 150, readyMs: 900, probeMs: 100, retryMs: 500 },
    });
  });
  afterAll(() => lab.close());

  const isPodName = (name: string) => /-[0-9a-z]{5}$/.test(name);
  const replaced = (text: string): string =>
    [...known].filter(([from]) => isPodName(from)).reduce((all, [from, to]) => all.replaceAll(from, to), text);

  function tokenFor({ name, request }: Recording): { token?: string } {
    if (name === 'wrong token') return { token: 'never-given-out' };
    if (name === 'forbidden') return { token: 'alice' };
    return name === 'unauthenticated' || (request.headers && !request.headers['Authorization'])
      ? {}
      : { token: 'admin' };
  }

  function send(recording: Recording): Promise<Answer> {
    const { method, path, headers, body } = recording.request;
    const sent = body === undefined ? undefined : typeof body === 'string' ? body : replacedBody(body);
    const type = headers?.['Content-Type'];
    return ask(lab.url, method, replaced(path), {
      ...tokenFor(recording),
      ...(type ? { type } : {}),
      ...(sent === undefined ? {} : { body: sent }),
    });
  }

  const replacedBody = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_key, member) => (typeof member === 'string' ? (known.get(member) ?? member) : member)),
    );

  const exchanges = recordings.filter(({ response }) => response.lines === undefined);
  test.each(exchanges.map((one) => [one.name, one] as const))('%s', async (name, recording) => {
    const { response, request } = recording;
    const expected = normalize(EXPECTED[name]?.(response.body) ?? response.body);
    const first = FIRST[name];
    if (first) await eventually(() => first(lab), Boolean);
    const fits = ({ body }: Answer) => request.method !== 'GET' || isDeepStrictEqual(normalize(body), expected);
    const answer = await eventually(() => send(recording), fits, 5000);
    learn(response.body, answer.body, known);
    expect(normalize(answer.body)).toEqual(expected);
    expect(answer.status).toBe(response.status);
    expect(answer.contentType).toBe(response.headers['content-type']);
  });

  const watches = recordings.filter(({ response }) => response.lines !== undefined);
  test.each(watches.map((one) => [one.name, one] as const))('%s', async (_name, recording) => {
    const answer = await send(recording);
    const lines = answer.text.trim().split('\n');
    const told = lines.map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } });
    const seen = new Set(told.map(({ type, object }) => `${type} ${object.metadata.name}`));
    expect(answer.status).toBe(200);
    expect(answer.contentType).toBe('application/json');
    // How many changes of one object fall into the two seconds is chance; which there are is not.
    expect([...seen].sort()).toEqual([...new Set(recording.response.lines)].sort());
  });

  test('nothing recorded was left out', () => {
    expect(exchanges.length + watches.length).toBe(70);
  });
});
