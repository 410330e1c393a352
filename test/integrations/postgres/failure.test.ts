import { expect, test } from 'vitest';
import { failure, kindOf } from '../../../src/integrations/postgres/failure.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const place = { region: 'us-east-1', address: '10.0.0.5:5432', database: 'eden_vault' };

test('connection refused is proof only when every address of the name refused', () => {
  expect(kindOf(coded('ECONNREFUSED'))).toBe('connection-refused');
  expect(kindOf(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]))).toBe('connection-refused');
  const mixed = Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ETIMEDOUT')]), {
    code: 'ECONNREFUSED',
  });
  expect(kindOf(mixed)).not.toBe('connection-refused');
  expect(kindOf(new AggregateError([]))).not.toBe('connection-refused');
});

test.each([
  ['57P03', 'the database system is starting up', 'cannot-connect-now'],
  ['57P03', 'the database system is shutting down', 'cannot-connect-now'],
  ['57P01', 'terminating connection due to administrator command', 'cannot-connect-now'],
  ['55000', 'database "eden_vault" is not currently accepting connections', 'database-closed'],
  ['55000', 'recovery is not in progress', 'other'],
  ['28P01', 'password authentication failed', 'not-permitted'],
  ['25006', 'cannot execute INSERT in a read-only transaction', 'read-only'],
  ['57014', 'canceling statement due to statement timeout', 'no-answer'],
  ['53300', 'sorry, too many clients already', 'other'],
  ['ETIMEDOUT', 'connect ETIMEDOUT', 'no-answer'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND db.internal', 'no-answer'],
])('%s "%s" is %s', (code, message, kind) => {
  expect(kindOf(coded(code, message))).toBe(kind);
});

test.each(['timeout expired', 'Query read timeout', 'Connection terminated unexpectedly'])(
  'what pg says without a code is no answer: %s',
  (message) => expect(kindOf(new Error(message))).toBe('no-answer'),
);

test('a failure is one sentence with region and address, and says what to do about rights', () => {
  const refused = failure(coded('42501', 'permission denied for function pg_promote'), place, 'promote', 'none', false);
  expect(refused.sentence).toBe(
    'Postgres of us-east-1 (10.0.0.5:5432) said: permission denied for function pg_promote (42501). Give the role of its url the rights listed in docs/postgres-role.md.',
  );
  expect([refused.effect, refused.operation, refused.code]).toEqual(['none', 'promote', 'postgres-not-permitted']);
});
