/**
 * Telling people outside the chat: whoever is on call, by mail, on the page customers read. Each may be left out.
 * `outside(read)` are keys of `notify`; secrets are references here as everywhere.
 */
import { z } from 'zod';
import { type SecretReader, secret, shaped, text, webAddress } from './fields.ts';
import type { Path } from './source.ts';
import { orList, quote, suggestion } from './words.ts';

const PART = '[^\\s@<>,;:"()[\\]\\\\]+';
const mailAddress = () =>
  shaped(new RegExp(`^${PART}@${PART}$`), 'a mail address', 'the bare address, like ops@eden.example.com');

const sender = () =>
  shaped(
    new RegExp(`^(${PART}@${PART}|[^<>]*<${PART}@${PART}>)$`),
    'a sender',
    'an address, or a name and the address: Regent <regent@eden.example.com>',
  );

const ca = (of: string) =>
  text()
    .describe(
      `File with certificates (PEM) to trust besides the system’s, where ${of} needs it. Relative to this file.`,
    )
    .exactOptional();

/** What a template may name, and what stands for it: filled by messages/templates.ts. */
const ALWAYS = ['organization', 'run', 'region', 'target', 'reason', 'time', 'rto', 'rpo', 'status'] as const;
export const PLACEHOLDERS = {
  detected: [...ALWAYS, 'estimatedCompletion'],
  completed: [...ALWAYS, 'duration', 'rtoMet', 'dataLoss', 'rpoMet'],
} as const;

function template(which: keyof typeof PLACEHOLDERS, what: string) {
  const known: readonly string[] = PLACEHOLDERS[which];
  return text()
    .superRefine((given, context) => {
      for (const [found, name = ''] of given.matchAll(/\{([^{}\n]*)\}/g)) {
        if (known.includes(name)) continue;
        const message = `${quote(found)} is not known here.${suggestion(name, known)}`;
        context.addIssue({ code: 'custom', message });
      }
    })
    .describe(
      `${what} The first line is a letter’s subject. A line that names something nobody knows yet is left out. Known: ${orList(known.map((name) => `{${name}}`))}.`,
    )
    .exactOptional();
}

/** Keys of `notify` beside the chat’s channels. */
export const outside = (read: SecretReader) => ({
  pagerduty: z
    .strictObject({
      routingKey: secret(read, {
        pattern: /^[A-Za-z0-9]{32}$/,
        what: 'an integration key of Events API v2, which has 32 letters and digits',
      })
        .describe('Integration key of the service that is paged, as env:NAME or file:path.')
        .meta({ writeOnly: true }),
      engineers: secret(read, {
        pattern: /^[A-Za-z0-9]{32}$/,
        what: 'an integration key of Events API v2, which has 32 letters and digits',
      })
        .describe(
          'Integration key of the service that wakes the engineers when a run has failed, as env:NAME or file:path. Without it the incident of the run stays open, and that is all.',
        )
        .meta({ writeOnly: true })
        .exactOptional(),
      token: secret(read)
        .describe('Token of its REST API, as env:NAME or file:path. Without it incidents get no notes.')
        .meta({ writeOnly: true })
        .exactOptional(),
      from: mailAddress()
        .describe('Mail address of a user of the account, in whose name notes are written. Needed with token.')
        .exactOptional(),
      escalationPolicies: z
        .array(shaped(/^P[A-Z0-9]{3,20}$/, 'the id of an escalation policy', 'the id from its address, like PABC123'))
        .prefault([])
        .describe('Escalation policies whose people on call are shown. Needs token; without any, all of the account.'),
      eventsUrl: webAddress().describe('Address of its Events API where it is not the usual one.').exactOptional(),
      apiUrl: webAddress().describe('Address of its REST API where it is not the usual one.').exactOptional(),
      ca: ca('PagerDuty’s address'),
    })
    .describe(
      'PagerDuty. An emergency pages when it begins; a planned run only if it stops after there is no way back. One incident a run.',
    )
    .exactOptional(),
  email: z
    .strictObject({
      host: text().describe('The mail server.'),
      port: z.int().min(1).max(65_535).default(587).describe('Its port: 587 for starttls, 465 for implicit.'),
      security: z
        .enum(['starttls', 'implicit', 'none'])
        .default('starttls')
        .describe(
          'starttls begins in the clear and goes on encrypted or not at all, implicit is encrypted from the start, none never.',
        ),
      user: text().describe('Whom we sign in as, where it wants that.').exactOptional(),
      password: secret(read)
        .describe('The password for user, as env:NAME or file:path.')
        .meta({ writeOnly: true })
        .exactOptional(),
      from: sender().describe('Who the letters are from: an address, or a name and <an address>.'),
      operators: z
        .array(mailAddress())
        .prefault([])
        .describe('Who is written to when a run begins, when it stops and waits, when it is undone, and when it ends.'),
      stakeholders: z
        .array(mailAddress())
        .prefault([])
        .describe('Who is written to once customers notice it, and when it is over.'),
      engineers: z
        .array(mailAddress())
        .prefault([])
        .describe(
          'Who is written to when a run has failed: an emergency that did not complete, or any run that a failed step sent back.',
        ),
      ca: ca('the mail server'),
    })
    .describe('Mail by SMTP.')
    .exactOptional(),
  statuspage: z
    .strictObject({
      page: shaped(/^[a-z0-9]{2,40}$/, 'the id of a page', 'the id from its address, like kctbh9vrtdwd').describe(
        'Id of the page.',
      ),
      token: secret(read).describe('API key, as env:NAME or file:path.').meta({ writeOnly: true }),
      components: z
        .record(text(), shaped(/^[a-z0-9]{2,40}$/, 'the id of a component', 'the id from its address'))
        .prefault({})
        .describe('Components a run touches, by a name of yours: their ids.'),
      notifySubscribers: z.boolean().default(true).describe('Whether subscribers are told of every update.'),
      link: webAddress()
        .describe('Public address of the page. Letters and pages name it until the incident has its own.')
        .exactOptional(),
      url: webAddress().describe('Address of its API where it is not the usual one.').exactOptional(),
      ca: ca('its address'),
    })
    .describe(
      'Statuspage: an incident is opened once customers notice it, or once the failure of a region is confirmed.',
    )
    .exactOptional(),
  templates: z
    .strictObject({
      detected: template('detected', 'What people outside the chat read when a region has failed.'),
      completed: template('completed', 'What they read when another region has taken over.'),
    })
    .prefault({})
    .describe('Words of your own for an emergency, in letters, pages and on the status page.'),
});

/** What `outside` comes out as, beside the chat's channels. */
export type Outside = z.output<z.ZodObject<ReturnType<typeof outside>>>;

/** The same with the names of its certificate files absolute. */
export function withCertificates<N extends Omit<Outside, 'templates'>>(
  notify: N,
  absolute: (path: Path, name: string) => string,
): N {
  const made = { ...notify };
  for (const key of ['pagerduty', 'email', 'statuspage'] as const) {
    const way = made[key];
    if (way?.ca !== undefined) Object.assign(made, { [key]: { ...way, ca: absolute(['notify', key, 'ca'], way.ca) } });
  }
  return made;
}
