/**
 * The people outside the chat: PagerDuty, a mail server and a status page, each a server that checks what it is sent.
 * `startPeopleOutside` gives them back running, with what the overlay and Regent's environment need to know of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_CERTIFICATE } from '../lib/certificate.ts';
import { startMail } from '../mail/server.ts';
import type { MailLab, ReceivedMail } from '../mail/types.ts';
import { startPagerduty } from '../pagerduty/server.ts';
import type { PagerdutyIncident, PagerdutyLab } from '../pagerduty/types.ts';
import { startStatuspage } from '../statuspage/server.ts';
import type { StatuspageIncident, StatuspageLab } from '../statuspage/types.ts';
import { variableOf } from './file.ts';

/** What the lab reads of `notify` in the configuration. */
export type NotifyFile = {
  pagerduty: { routingKey: string; token: string; from: string };
  email: { user: string; password: string; operators: string[]; stakeholders: string[] };
  statuspage: { page: string; token: string; components: Record<string, string> };
};

export type PeopleOutside = {
  readonly pagerduty: PagerdutyLab;
  readonly mail: MailLab;
  readonly statuspage: StatuspageLab;
  /** For the overlay's `notify`: addresses and the certificate, nothing else. `reached`: by which port each is. */
  notify(reached?: (port: number) => number): object;
  /** Secrets by the names the configuration gives them. */
  readonly env: Record<string, string>;
  /** What the servers hold, asked of them and never of Regent. */
  incidents(): PagerdutyIncident[];
  mails(): ReceivedMail[];
  pages(): StatuspageIncident[];
  close(): Promise<void>;
};

const ROUTING_KEY = 'lab0routing0key0000000000000only';
const PAGERDUTY_TOKEN = 'lab-pagerduty-token';
const STATUSPAGE_TOKEN = 'lab-statuspage-key';
const MAIL_PASSWORD = 'lab-only-mail';
/** One request a second for each key is the real limit: limits are times too. */
const WINDOW_MS = 60_000;

/** `dir`: where the certificate is put that Regent is to trust. */
export async function startPeopleOutside(
  { pagerduty: paged, email, statuspage: shown }: NotifyFile,
  { dir, pace }: { dir: string; pace: number },
): Promise<PeopleOutside> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const pagerduty = await startPagerduty({
      routingKeys: { [ROUTING_KEY]: 'PREGION' },
      tokens: [PAGERDUTY_TOKEN],
      users: [{ id: 'PREGENT', name: 'Regent', email: paged.from }],
      // An incident is there a moment after its page, as with the real one.
      incidentAfterMs: Math.round(2000 / pace),
      eventsPerMinute: 120 * pace,
      callsPerMinute: 960 * pace,
    });
    closers.push(() => pagerduty.close());
    const domains = [...email.operators, ...email.stakeholders].map((one) => one.slice(one.lastIndexOf('@') + 1));
    const mail = await startMail({
      security: 'starttls',
      auth: { user: email.user, password: MAIL_PASSWORD },
      domains: [...new Set(domains)],
    });
    closers.push(() => mail.close());
    const statuspage = await startStatuspage({
      pageId: shown.page,
      keys: [STATUSPAGE_TOKEN],
      components: Object.fromEntries(Object.entries(shown.components).map(([name, id]) => [id, name])),
      limit: { requests: 60, windowMs: Math.round(WINDOW_MS / pace) },
    });
    closers.push(() => statuspage.close());
    const ca = join(dir, 'people-outside.pem');
    writeFileSync(ca, LAB_CERTIFICATE);
    return {
      pagerduty,
      mail,
      statuspage,
      notify(reached = (port) => port) {
        const through = (url: string, port: number) => url.replace(`:${port}`, `:${reached(port)}`);
        const pages = through(pagerduty.url, pagerduty.port);
        return {
          pagerduty: { eventsUrl: pages, apiUrl: pages, ca },
          email: { host: mail.host, port: reached(mail.port), ca },
          statuspage: { url: through(statuspage.url, statuspage.port) },
        };
      },
      env: {
        [variableOf(paged.routingKey)]: ROUTING_KEY,
        [variableOf(paged.token)]: PAGERDUTY_TOKEN,
        [variableOf(email.password)]: MAIL_PASSWORD,
        [variableOf(shown.token)]: STATUSPAGE_TOKEN,
      },
      incidents: () => pagerduty.incidents(),
      mails: () => mail.mails(),
      pages: () => statuspage.incidents(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
