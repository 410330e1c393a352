/** From a configuration to people outside who were told, over the lab's own servers and real connections. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { poll } from '../../lab/lib/poll.ts';
import { startPeopleOutside } from '../../lab/world/people-outside.ts';
import { tellersOf } from '../../src/app/tellers.ts';
import { outside } from '../../src/config/notify.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { Ledger, type NewEvent } from '../../src/runner/ledger.ts';
import { Teller } from '../../src/runner/teller.ts';
import { systemClock } from '../../src/runner/time.ts';
import * as disaster from '../messages/emergency.ts';

/** As config/eden.yml would have it. */
const FILE = {
  pagerduty: { routingKey: 'env:PAGERDUTY_ROUTING_KEY', token: 'env:PAGERDUTY_TOKEN', from: 'regent@eden.example.com' },
  email: {
    host: 'smtp.eden.example.com',
    user: 'regent',
    password: 'env:SMTP_PASSWORD',
    from: 'Regent <regent@eden.example.com>',
    operators: ['ops@eden.example.com', 'leads@eden.example.com'],
    stakeholders: ['everybody@eden.example.com'],
  },
  statuspage: {
    page: 'kctbh9vrtdwd',
    token: 'env:STATUSPAGE_TOKEN',
    components: { api: 'ftgks51sfs2d' },
    link: 'https://status.eden.example.com',
  },
};

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0).reverse()) await one();
});

type Overlay = Record<'pagerduty' | 'email' | 'statuspage', object>;
const configured = ({ notify, env }: { notify: object; env: Record<string, string> }) => {
  const over = notify as Overlay;
  const schema = z.strictObject(outside((reference) => ({ value: env[reference.replace('env:', '')] ?? '' })));
  return {
    environment: 'production' as const,
    timings: { callTimeout: 3000 },
    notify: schema.parse({
      pagerduty: { ...FILE.pagerduty, ...over.pagerduty },
      email: { ...FILE.email, ...over.email },
      statuspage: { ...FILE.statuspage, ...over.statuspage },
    }),
  };
};

it('tells of an emergency on all three ways, over real connections', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'regent-outside-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const people = await startPeopleOutside(FILE, { dir, pace: 20 });
  closers.push(() => people.close());
  const { ways, templates, staging, statusLink } = tellersOf(configured({ notify: people.notify(), env: people.env }));
  const ledger = new Ledger(sqliteJournal({ path: ':memory:' }), systemClock);
  const journal = sqliteJournal({ path: ':memory:' });
  await ledger.open('test');
  const stop = new AbortController();
  const teller = new Teller({
    ledger,
    journal,
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
    ways,
    templates,
    staging,
    statusLink,
    linkTo: async () => 'https://chat.example/p1',
    redraw: () => {},
    callMs: 3000,
    stop: stop.signal,
  });
  closers.push(async () => {
    stop.abort();
    await teller.stopped();
  });
  teller.start();
  const [first, ...rest] = disaster.completed().events;
  await ledger.begin('novacron', 'test', () => first as never, null);
  for (const event of rest.slice(0, 2)) await ledger.append('novacron-1', 'test', event as NewEvent);
  await poll('the page is open', () => people.pages().length === 1, { withinMs: 10_000 });
  await poll('somebody was woken', () => people.incidents()[0]?.status === 'triggered', { withinMs: 10_000 });
  await poll('letters went out', () => people.mails().length === 2, { withinMs: 10_000 });
  for (const event of rest.slice(2)) await ledger.append('novacron-1', 'test', event as NewEvent);
  await poll('the page is closed', () => people.pages()[0]?.status === 'resolved', { withinMs: 20_000 });
  await poll('all letters went out', () => people.mails().length === 4, { withinMs: 10_000 });
  await poll('the incident is closed', () => people.incidents()[0]?.status === 'resolved', { withinMs: 10_000 });
  await poll(
    'its end is noted',
    () => people.incidents()[0]?.notes.some(({ content }) => content.includes('is over')),
    { withinMs: 10_000 },
  );

  expect(people.incidents()).toMatchObject([{ key: 'novacron-1', events: ['trigger', 'resolve'] }]);
  expect(
    people
      .pages()[0]
      ?.updates.map(({ status }) => status)
      .at(-1),
  ).toBe('resolved');
  expect(people.pages()[0]?.updates.at(-1)?.body).toMatch(
    /^RESOLVED: Region Failover Completed\nOriginal Region: us-east-1 \(failed\)\n/,
  );
  expect(
    people
      .mails()
      .map(({ recipients }) => recipients.length)
      .toSorted(),
  ).toEqual([1, 1, 2, 2]);
  expect(new Set(people.mails().map(({ id }) => id)).size).toBe(4);
  expect(people.mails().every(({ secure, user }) => secure && user === 'regent')).toBe(true);
}, 60_000);

describe('a configuration', () => {
  const nowhere = {
    notify: { pagerduty: {}, email: {}, statuspage: {} },
    env: { PAGERDUTY_ROUTING_KEY: 'k'.repeat(32) },
  };

  it('without any of it has no way to anybody', () => {
    const { pager, mail, statusPage, ways } = tellersOf({
      environment: 'staging',
      timings: { callTimeout: 1000 },
      notify: { templates: {} },
    });
    expect([pager, mail, statusPage, ways]).toEqual([null, null, null, []]);
  });

  it('with templates of its own uses them', () => {
    const config = configured(nowhere);
    expect(tellersOf({ ...config, notify: { ...config.notify, templates: { detected: 'Gone.' } } }).templates).toEqual({
      detected: 'Gone.',
      completed: expect.stringContaining('RESOLVED'),
    });
  });

  it('with certificates that cannot be read says which', () => {
    const config = configured({ ...nowhere, notify: { ...nowhere.notify, email: { ca: '/no/such.pem' } } });
    expect(() => tellersOf(config)).toThrow(/^notify\.email\.ca: \/no\/such\.pem cannot be read: /);
    expect(() => tellersOf(config, () => 'nothing of the kind')).toThrow(
      'notify.email.ca: /no/such.pem holds no certificate.',
    );
    const pem = readFileSync(new URL('../../lab/lib/certificate.ts', import.meta.url), 'utf8');
    expect(tellersOf(config, () => pem.slice(pem.indexOf('-----BEGIN CERT'))).mail).not.toBeNull();
  });
});
