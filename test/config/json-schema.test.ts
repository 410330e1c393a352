import { expect, it } from 'vitest';
import { configJsonSchema, knownKeys, schemaAt } from '../../src/config/json-schema.ts';

it('describes the written form: durations as text, secrets as references, only known keys', () => {
  expect(schemaAt(['objectives', 'rto'])).toMatchObject({ type: 'string' });
  expect(schemaAt(['timings', 'poll'])).toMatchObject({ type: 'string', default: '1s' });
  expect(schemaAt(['slack', 'botToken'])).toMatchObject({ writeOnly: true, pattern: expect.stringContaining('env:') });
  expect(configJsonSchema().additionalProperties).toBe(false);
});

it('finds its way through names, lists and alternatives', () => {
  expect(schemaAt(['regions', 'anywhere', 'alias'])?.description).toContain('{alias}');
  expect(schemaAt(['dns', 3, 'records', 0, 'ttl'])).toMatchObject({ type: 'integer', minimum: 1 });
  expect(schemaAt(['regions', 'a', 'postgres', 'fence', 'http', 'stop'])?.type).toBe('string');
  expect(schemaAt(['nowhere'])).toBeUndefined();
});

it('knows the keys of a place, of alternatives all', () => {
  expect(knownKeys(['gates'])).toEqual(['promote', 'dns', 'declare', 'unverified-fence', 'data-loss', 'reprotect']);
  expect(knownKeys(['regions', 'a', 'postgres', 'fence'])).toEqual([
    'statefulset',
    'selfFence',
    'lease',
    'exec',
    'http',
  ]);
  expect(knownKeys(['contacts'])).toEqual([]);
});
