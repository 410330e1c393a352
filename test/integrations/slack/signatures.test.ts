/** A signature counts once, as long as its time is good, and is forgotten after. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSignatures } from '../../../src/integrations/slack/signatures.ts';
import { standingClock } from './support.ts';

const SECRET = 'a-secret-of-the-app';
const START_S = 1_800_000_000;
const signed = (text: string, at = START_S) => {
  const body = Buffer.from(text);
  const signature = `v0=${createHmac('sha256', SECRET).update(`v0:${at}:`).update(body).digest('hex')}`;
  return { body, timestamp: String(at), signature };
};

test('new once, seen as long as it is not too old, then refused and forgotten', async () => {
  const clock = standingClock(START_S * 1000);
  const signatures = createSignatures(SECRET, clock.now);
  expect(signatures.check(signed('a'))).toEqual({ kind: 'new' });
  await clock.move(300_000);
  expect(signatures.check(signed('a'))).toEqual({ kind: 'seen' });
  await clock.move(1000);
  expect(signatures.check(signed('a'))).toEqual({ kind: 'refused', why: 'it is 301 s old' });
  expect(signatures.check(signed('b', START_S + 301))).toEqual({ kind: 'new' });
  expect(signatures.size()).toBe(1);
});

test('what is refused is not remembered', () => {
  const signatures = createSignatures(SECRET, () => START_S * 1000);
  const { body, timestamp } = signed('a');
  const forged = { body, timestamp, signature: `v0=${'0'.repeat(64)}` };
  expect(signatures.check(forged)).toMatchObject({ kind: 'refused' });
  expect(signatures.check(signed('a', START_S + 31))).toMatchObject({ kind: 'refused' });
  expect(signatures.size()).toBe(0);
});

test('the signature is over the bytes, those that are no text too', () => {
  const signatures = createSignatures(SECRET, () => START_S * 1000);
  const good = signed('a');
  const body = Buffer.from([0xff, 0xfe]);
  const other = createHmac('sha256', SECRET).update(`v0:${START_S}:`).update(body).digest('hex');
  expect(signatures.check({ ...good, body, signature: `v0=${other}` })).toEqual({ kind: 'new' });
  expect(signatures.check({ ...good, body: Buffer.from([0xef, 0xbf]), signature: `v0=${other}` })).toMatchObject({
    kind: 'refused',
  });
});
