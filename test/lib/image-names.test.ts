import { expect, it } from 'vitest';
import { regionless, repositoryOf, toldApart } from '../../src/lib/image-names.ts';

const DIGEST = 'd1'.repeat(32);
const OTHER = 'd2'.repeat(32);

it('a region named in a path or as part of a word is not the region of a registry', () => {
  expect(regionless('registry.example.com/east/api:1', ['east'])).toBe('registry.example.com/east/api:1');
  expect(regionless('east/api:1', ['east'])).toBe('east/api:1');
  expect(regionless('northeast.example.com/api:1', ['east'])).toBe('northeast.example.com/api:1');
  expect(regionless('east-docker.example.com/api:1', ['east'])).toBe('{region}-docker.example.com/api:1');
  expect(regionless('api.primary.example.com:5000/api', ['east', 'primary'])).toBe('api.{region}.example.com:5000/api');
});

it.each([
  ['eden/api:1', 'eden/api:2', ['1', '2']],
  ['eden/api', 'eden/api:2', ['no tag', '2']],
  [`eden/api@sha256:${DIGEST}`, 'eden/api:2', ['sha256:d1d1d1d1d1d1', '2']],
  [`eden/api:1@sha256:${DIGEST}`, `eden/api:1@sha256:${OTHER}`, ['sha256:d1d1d1d1d1d1', 'sha256:d2d2d2d2d2d2']],
  ['host:5000/eden/api', 'host:5000/eden/api:1', ['no tag', '1']],
])('tells %s and %s apart', (one, other, words) => {
  expect(toldApart(one, other, true)).toEqual(words);
});

it('names both in full where the repositories differ, a digest only so far as it can be told apart', () => {
  expect(toldApart('eden/api:1', `mirror/api:1@sha256:${DIGEST}`, false)).toEqual([
    'eden/api:1',
    'mirror/api:1@sha256:d1d1d1d1d1d1',
  ]);
});

it.each([
  ['eden/api:1', 'eden/api'],
  ['host:5000/eden/api', 'host:5000/eden/api'],
  [`eden/api:1@sha256:${DIGEST}`, 'eden/api'],
  ['', ''],
])('the repository of %s', (image, repository) => {
  expect(repositoryOf(image)).toBe(repository);
});
