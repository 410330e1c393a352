/** The HTTP API: where it listens, and who may ask. Tokens stand here as hashes, so that this file lets nobody in. */
import { z } from 'zod';
import { shaped, text } from './fields.ts';

const token = z.strictObject({
  name: shaped(
    /^[a-z0-9][a-z0-9_-]{0,40}$/,
    'a name for a token',
    'small letters, digits and hyphens, like ci',
  ).describe('What the journal calls it.'),
  person: shaped(/^user:[UW][A-Z0-9]{2,20}$/, 'a person', 'user:ID with a Slack id, like user:U0123456789').describe(
    'Whom it acts for, as user:ID: what that person may do in Slack it may do too, and nothing else.',
  ),
  sha256: shaped(/^[0-9a-f]{64}$/, 'the SHA-256 of a token', 'the 64 digits that “dr token” prints').describe(
    'SHA-256 of the token, in hex. “dr token” makes a token and this line.',
  ),
  groups: z
    .array(shaped(/^group:[a-z0-9][a-z0-9_-]*$/, 'a group', 'group:NAME (see groups), like group:sre'))
    .prefault([])
    .describe(
      'Groups of this file (group:NAME) the person counts to while Slack cannot be asked. Nothing else reads it.',
    ),
});

export const api = z
  .strictObject({
    listen: z
      .strictObject({
        host: text().default('127.0.0.1').describe('Address of this machine that is listened at.'),
        port: z.int().min(1).max(65_535).default(8080).describe('Port that is listened at.'),
      })
      .prefault({})
      .describe(
        'Where it is reached, over plain HTTP: put something that speaks HTTPS before it where others can listen.',
      ),
    tokens: z.array(token).prefault([]).describe('Who may ask. Without any, only /healthz and /readyz answer.'),
  })
  .describe('Commands over HTTP and from the command line (dr), with Slack or without it. Left out: there is no API.');
