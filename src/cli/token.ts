/** A new token: shown once, kept nowhere; only its hash goes into the configuration. */
import { createHash, randomBytes } from 'node:crypto';
import { UserError } from '../lib/errors.ts';

const BYTES = 32;

/**
 * What is printed for a new token of `person` (`user:U0123` or `U0123`).
 * @throws UserError when that is no person's id
 */
export function madeToken(person: string, name: string | null): string[] {
  const id = person.replace(/^user:/, '');
  if (!/^[UW][A-Z0-9]{2,20}$/.test(id))
    throw new UserError(`“${person}” is not a person.`, {
      code: 'usage',
      hint: 'Write user:ID with a Slack id, like user:U0123456789. Nothing was made.',
    });
  if (name !== null && !/^[a-z0-9][a-z0-9_-]{0,40}$/.test(name))
    throw new UserError(`“${name}” is not a name for a token.`, {
      code: 'usage',
      hint: 'Write small letters, digits and hyphens, like ci. Nothing was made.',
    });
  const token = `dr_${randomBytes(BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  return [
    token,
    '',
    'It is shown this once. Whoever has it acts as this person. In the configuration:',
    'api:',
    '  tokens:',
    `    - { person: user:${id}, name: ${name ?? id.toLowerCase()}, sha256: "${sha256}", groups: [] }`,
    'groups: which groups of this file count while Slack cannot be asked, like [group:sre].',
  ];
}
