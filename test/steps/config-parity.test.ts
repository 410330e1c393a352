import { expect, it } from 'vitest';
import type { ClusterConfiguration } from '../../src/ports/cluster.ts';
import { configParity } from '../../src/steps/config-parity.ts';
import { stage, wordsOf } from './stage.ts';

const DIGEST = 'd1'.repeat(32);
const OTHER = 'd2'.repeat(32);

const configured = (more: Partial<ClusterConfiguration> = {}): ClusterConfiguration => ({
  images: { api: ['api=eden/api:1.4.2'], task: ['task=eden/task:1.4.2'] },
  configMaps: { api: DIGEST, flags: DIGEST },
  secrets: { jwt: DIGEST },
  ...more,
});

async function compared(west: Partial<ClusterConfiguration>, mayDiffer: string[] = [], east = configured()) {
  const here = await stage(undefined, { mayDiffer });
  Object.assign(here.state.configuration, { east, west: configured(west) });
  const answer = await here.check(configParity);
  // Whatever it says: a digest is for comparing, and neither shown nor kept.
  expect(JSON.stringify(answer)).not.toMatch(/(d1){8}|(d2){8}/);
  return answer;
}

it('is so where both run and are configured the same', async () => {
  const answer = await compared({});
  expect(wordsOf(answer)).toBe('done: the same in both: images of 2 deployments, 2 ConfigMaps, 1 Secret');
  expect(answer.evidence).toEqual({
    deployments: 2,
    configMaps: 2,
    secrets: 1,
    leftOut: [],
    differences: 0,
    trouble: [],
  });
});

it('says what differs in words, and holds at once: waiting mends no difference', async () => {
  const answer = await compared({
    images: { api: ['api=eden/api:1.4.1'] },
    configMaps: { api: DIGEST },
    secrets: { jwt: OTHER },
  });
  expect(answer).toMatchObject({ is: 'notDone', final: true });
  expect(answer.evidence).toMatchObject({
    differences: 4,
    trouble: [
      'image of api: 1.4.2 in east, 1.4.1 in west',
      'Deployment task only in east',
      'ConfigMap flags only in east',
      'Secret jwt differs',
    ],
  });
  expect(wordsOf(answer)).toBe(
    'notDone: image of api: 1.4.2 in east, 1.4.1 in west; Deployment task only in east; ConfigMap flags only in east; Secret jwt differs',
  );
});

it('says which of several containers it is, and which is in one region only', async () => {
  const answer = await compared({
    images: { ...configured().images, api: ['api=eden/api:1.4.2', 'migrate=eden/migrate:2', 'proxy=envoy:1.30'] },
  });
  expect(answer.evidence['trouble']).toEqual([
    'container migrate of api only in west',
    'container proxy of api only in west',
  ]);
  const east = configured({ images: { api: ['api=eden/api:1.4.2', 'proxy=envoy:1.29'] } });
  const newer = await compared({ images: { api: ['api=eden/api:1.4.2', 'proxy=envoy:1.30'] } }, [], east);
  expect(newer.evidence['trouble']).toEqual(['image of api (proxy): 1.29 in east, 1.30 in west']);
});

it('names five differences and counts the rest', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `map-${String(index).padStart(2, '0')}`);
  const answer = await compared({
    configMaps: { ...configured().configMaps, ...Object.fromEntries(names.map((name) => [name, DIGEST])) },
  });
  expect(answer.evidence).toMatchObject({ differences: 12 });
  const trouble = answer.evidence['trouble'] as string[];
  expect([trouble.length, trouble.at(4), trouble.at(5)]).toEqual([6, 'ConfigMap map-04 only in west', '… and 7 more']);
});

it('leaves out what may differ, by kind and name, and says so', async () => {
  const west = { images: { ...configured().images, api: ['api=eden/api:2'] }, secrets: { jwt: OTHER } };
  const answer = await compared(west, ['image/api', 'secret/jwt', 'configmap/not-there']);
  expect(wordsOf(answer)).toBe(
    'done: the same in both: images of 1 deployment, 2 ConfigMaps, 0 Secrets; left out: image/api, secret/jwt',
  );
  expect((await compared({ ...west, configMaps: { api: OTHER, flags: DIGEST } }, ['image/api', 'secret/jwt'])).is).toBe(
    'notDone',
  );
  // The name alone is not enough: a ConfigMap of that name is another thing.
  expect((await compared({ secrets: { jwt: OTHER } }, ['configmap/jwt'])).is).toBe('notDone');
});

it('a registry near each region is no difference; another version there is', async () => {
  const at = (region: string, tag: string) => [`api=123.dkr.ecr.${region}.example.com/eden/api:${tag}`];
  const east = configured({ images: { api: at('east', '1.4.2') } });
  expect((await compared({ images: { api: at('west', '1.4.2') } }, [], east)).is).toBe('done');
  const older = await compared({ images: { api: at('west', '1.4.1') } }, [], east);
  expect(older.evidence['trouble']).toEqual(['image of api: 1.4.2 in east, 1.4.1 in west']);
  const elsewhere = await compared({ images: { api: at('north', '1.4.2') } }, [], east);
  expect(elsewhere.evidence['trouble']).toEqual([
    'image of api: 123.dkr.ecr.east.example.com/eden/api:1.4.2 in east, 123.dkr.ecr.north.example.com/eden/api:1.4.2 in west',
  ]);
});

it('does not guess where a cluster does not answer', async () => {
  const here = await stage();
  here.ports.cluster.configuration = () => Promise.reject(new Error('the API server does not answer'));
  await expect(here.check(configParity)).rejects.toThrow('does not answer');
});
