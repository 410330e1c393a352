/** The lab's Alertmanager as Regent's own adapter reads it. */
import { afterEach, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { type AlertmanagerLab, startAlertmanager } from '../../../lab/services/alertmanager.ts';
import { alertmanagerAlerts } from '../../../src/integrations/alertmanager/alerts.ts';

let lab: AlertmanagerLab;
afterEach(() => lab?.close());
const { signal } = new AbortController();

const rule = (name: string, severity: string, holds: () => Promise<boolean>) => ({
  name,
  labels: { severity },
  summary: `${name} holds`,
  holds,
});
const firing = async (filter: string[] = []) =>
  (await alertmanagerAlerts({ url: lab.url, filter, timeoutMs: 2000 }).firing(signal)).map(({ name }) => name);

test('a rule fires once it has held for its time, and no longer than it holds', async () => {
  let clock = 0;
  let down = false;
  let looks = 0;
  const holds = async () => {
    looks += 1;
    return down;
  };
  lab = await startAlertmanager({ rules: [rule('Down', 'critical', holds)], everyMs: 1, forMs: 100, now: () => clock });
  const looked = async () => {
    const before = looks;
    await poll('it looks', () => looks > before + 1, { withinMs: 5000, everyMs: 1 });
  };
  expect(await firing()).toEqual([]);
  down = true;
  await looked();
  clock = 99;
  expect(await firing()).toEqual([]);
  clock = 100;
  expect(await firing()).toEqual(['Down']);
  down = false;
  await looked();
  expect(await firing()).toEqual([]);
});

test('a question nobody answers leaves the alert as it was', async () => {
  let answers = true;
  let looks = 0;
  const holds = async () => {
    looks += 1;
    if (!answers) throw new Error('no answer');
    return true;
  };
  lab = await startAlertmanager({ rules: [rule('Down', 'critical', holds)], everyMs: 1, forMs: 0 });
  await poll('it fires', async () => (await firing()).length === 1, { withinMs: 5000 });
  answers = false;
  const before = looks;
  await poll('it looks', () => looks > before + 1, { withinMs: 5000, everyMs: 1 });
  expect(await firing()).toEqual(['Down']);
});

test('matchers narrow it, and one it cannot read is refused in words', async () => {
  const holds = async () => true;
  const rules = [rule('Down', 'critical', holds), rule('Slow', 'warning', holds)];
  lab = await startAlertmanager({ rules, everyMs: 5, forMs: 0 });
  await poll('both fire', async () => (await firing()).length === 2, { withinMs: 5000 });
  expect(await firing(['severity="critical"'])).toEqual(['Down']);
  expect(await firing(['severity!="critical"'])).toEqual(['Slow']);
  await expect(firing(['severity=~"crit.*"'])).rejects.toThrow(/bad matcher format/);
});
