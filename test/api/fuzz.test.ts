/** Whatever is sent, however it is made: an answer in JSON, and the process lives. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ARGUMENTS } from '../../src/commands/arguments.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import { raw, rig, token } from './rig.ts';

const STATUSES = [200, 400, 401, 403, 404, 405, 409, 413, 429];
const names = COMMANDS.map(({ name }) => name);
const keys = [...new Set(Object.values(ARGUMENTS).flatMap(({ takes }) => takes.map(({ key }) => key)))];
const values = fc.dictionary(
  fc.oneof(fc.constantFrom(...keys, '__proto__', 'constructor', 'toString'), fc.string()),
  fc.oneof(
    fc.constantFrom('east', 'west', 'promote', 'dns', 'all', 'done', 'eden-1'),
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
  ),
);
const body = fc.oneof(
  values.map((one) => JSON.stringify(one)),
  fc.json(),
  fc.string(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.nat({ max: 9000 }).map((deep) => '['.repeat(deep)),
  fc.nat({ max: 2000 }).map((deep) => `{"reason":${'['.repeat(deep)}${']'.repeat(deep)}}`),
);
const segment = fc
  .oneof(fc.constantFrom(...names), fc.string(), fc.webSegment())
  .map((one) => one.replace(/[\s#]/g, ''));
const path = fc.oneof(
  segment.map((one) => `/dr/${one}`),
  fc.tuple(segment, fc.webQueryParameters()).map(([one, query]) => `/dr/${one}?${query}`),
  fc.webPath(),
);
const person = fc.constantFrom('UANA', 'UBO', 'UCY', 'UDEE', 'UEVE', 'UGONE', 'UWHO', 'wrong');
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'OPTIONS');

it('any method, path and body has its answer', async () => {
  await using here = await rig();
  await here.asked();
  await fc.assert(
    fc.asyncProperty(method, path, person, body, async (how, where, as, sent) => {
      const heard = await here.ask(how, where, { as, ...(how === 'GET' ? {} : { body: sent }) });
      expect(STATUSES, `${how} ${where} ${heard.text}`).toContain(heard.status);
      expect(heard.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(heard.body).toMatchObject({
        ok: heard.status === 200,
        title: expect.any(String),
        lines: expect.any(Array),
      });
      for (const line of [heard.body.title, ...heard.body.lines]) expect(line).not.toMatch(/\p{Cc}/u);
    }),
    { numRuns: 400 },
  );
  expect(here.broken).toEqual([]);
});

it('any bytes have an answer, or an end', async () => {
  await using here = await rig();
  const head = `POST /dr/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token('UDEE')}\r\n`;
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.concat([one, Buffer.from('\r\n\r\n')])),
    fc.string().map((one) => `${head}${one}\r\n\r\n`),
    fc.string().map((one) => `${head}Content-Length: 0\r\nConnection: close\r\nIdempotency-Key: ${one}\r\n\r\n`),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (one) => {
      const heard = await raw(here, one, true);
      if (heard !== '') expect(heard).toMatch(/^HTTP\/1\.1 \d{3} /);
    }),
    { numRuns: 200 },
  );
  expect((await here.ask('GET', '/healthz')).status).toBe(200);
});
