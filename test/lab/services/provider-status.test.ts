/** The lab's status page of a provider as Regent's own adapter reads it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ProviderStatusLab, startProviderStatus } from '../../../lab/services/provider-status.ts';
import { providerStatus } from '../../../src/integrations/provider-status/provider-status.ts';

let lab: ProviderStatusLab;
beforeAll(async () => {
  lab = await startProviderStatus('AWS');
});
afterAll(() => lab?.close());

const said = async () => {
  const pages = providerStatus({ pages: [{ name: 'AWS', url: lab.url }], timeoutMs: 2000, now: Date.now });
  const [page] = await pages.status(new AbortController().signal);
  return [page?.state, page?.sentence];
};

test('it says what it is told to, and nothing by itself', async () => {
  expect(await said()).toEqual(['ok', 'AWS: All Systems Operational.']);
  lab.say('critical', 'We are investigating');
  expect(await said()).toEqual(['trouble', 'AWS: We are investigating.']);
  lab.say('none', '');
  expect(await said()).toEqual(['ok', 'AWS: All Systems Operational.']);
});
