/** Who is told outside the chat, as the configuration has it: an adapter for each way that is configured. */
import { readFileSync } from 'node:fs';
import type { Outside } from '../config/notify.ts';
import { pagerdutyPager } from '../integrations/pagerduty/pager.ts';
import { smtpMail } from '../integrations/smtp/mail.ts';
import { statuspage } from '../integrations/statuspage/status-page.ts';
import { ConfigError, sentenceOf } from '../lib/errors.ts';
import { TEMPLATES, type Templates } from '../messages/templates.ts';
import type { Mail } from '../ports/mail.ts';
import type { Pager } from '../ports/pager.ts';
import type { StatusPage } from '../ports/status-page.ts';
import { mailWay, pagerWay, statusPageWay, type Way } from '../runner/ways.ts';

type Configured = {
  environment: 'production' | 'staging';
  notify: Outside;
  timings: { callTimeout: number };
};

export type Tellers = {
  pager: Pager | null;
  /** Whether notes can be written into its incidents. */
  notes: boolean;
  mail: Mail | null;
  statusPage: StatusPage | null;
  /** What the teller is given: every way there is. */
  ways: Way[];
  templates: Templates;
  staging: boolean;
  statusLink: string | null;
};

type ReadFile = (path: string) => string;

/** @throws ConfigError for a file of certificates that cannot be read, or an address that cannot be right. */
export function tellersOf(
  { environment, notify, timings }: Configured,
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): Tellers {
  const timeoutMs = timings.callTimeout;
  const { pagerduty, email, statuspage: page, templates } = notify;
  const trust = (key: string, path: string | undefined) =>
    path === undefined ? {} : { ca: certificates(`notify.${key}.ca`, path, readFile) };
  const pagerOf = (routingKey: string, rest: boolean): Pager | null =>
    pagerduty === undefined
      ? null
      : pagerdutyPager({
          routingKey,
          ...(!rest || pagerduty.token === undefined || pagerduty.from === undefined
            ? {}
            : {
                rest: {
                  token: pagerduty.token,
                  from: pagerduty.from,
                  escalationPolicies: pagerduty.escalationPolicies,
                },
              }),
          ...(pagerduty.eventsUrl === undefined ? {} : { eventsUrl: pagerduty.eventsUrl }),
          ...(pagerduty.apiUrl === undefined ? {} : { apiUrl: pagerduty.apiUrl }),
          ...trust('pagerduty', pagerduty.ca),
          timeoutMs,
        });
  const pager = pagerduty === undefined ? null : pagerOf(pagerduty.routingKey, true);
  const engineers = pagerduty?.engineers === undefined ? null : pagerOf(pagerduty.engineers, false);
  const mail =
    email === undefined
      ? null
      : smtpMail({
          host: email.host,
          port: email.port,
          security: email.security,
          from: email.from,
          ...(email.user === undefined || email.password === undefined
            ? {}
            : { auth: { user: email.user, password: email.password } }),
          ...trust('email', email.ca),
          // A conversation of many turns, not one call.
          timeoutMs: 2 * timeoutMs,
        });
  const statusPage =
    page === undefined
      ? null
      : statuspage({
          pageId: page.page,
          token: page.token,
          components: page.components,
          notifySubscribers: page.notifySubscribers,
          ...(page.url === undefined ? {} : { url: page.url }),
          ...trust('statuspage', page.ca),
          timeoutMs,
        });
  const each = (addresses: string[]): string[] => [...new Set(addresses)];
  return {
    pager,
    notes: pagerduty?.token !== undefined,
    mail,
    statusPage,
    ways: [
      ...(pager === null ? [] : [pagerWay(pager, pagerduty?.token !== undefined, engineers)]),
      ...(mail === null || email === undefined
        ? []
        : [
            mailWay(mail, {
              operators: each(email.operators),
              stakeholders: each(email.stakeholders),
              engineers: each(email.engineers),
            }),
          ]),
      ...(statusPage === null || page === undefined ? [] : [statusPageWay(statusPage, Object.keys(page.components))]),
    ],
    templates: {
      detected: templates.detected ?? TEMPLATES.detected,
      completed: templates.completed ?? TEMPLATES.completed,
    },
    staging: environment === 'staging',
    statusLink: page?.link ?? null,
  };
}

function certificates(key: string, path: string, readFile: ReadFile): string[] {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new ConfigError(`${key}: ${path} cannot be read: ${sentenceOf(error)}.`, {
      code: 'ca-unreadable',
      hint: 'Put the certificates there, or name another file.',
    });
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null)
    throw new ConfigError(`${key}: ${path} holds no certificate.`, {
      code: 'ca-empty',
      hint: 'Put certificates in PEM there (-----BEGIN CERTIFICATE-----), or name another file.',
    });
  return found;
}
