/** Telling people outside the chat: what of it needs something else, and what would come to nothing. */
import { type Check, type Finding, type Loose, list, map, text } from './reading.ts';

const notify = (file: unknown): Loose => map(map(file)['notify']);
const isThere = (value: unknown): boolean => value !== undefined && value !== null;

/** The password would be readable on the way; to this very machine there is no way. */
const isHere = (host: string | undefined): boolean =>
  host === undefined || host === 'localhost' || host === '::1' || /^127\./.test(host);

export const pagerCanWrite: Check = (file) => {
  const pagerduty = map(notify(file)['pagerduty']);
  const at = (key: string) => ['notify', 'pagerduty', key];
  const token = isThere(pagerduty['token']);
  const findings: Finding[] = [];
  if (token && !isThere(pagerduty['from']))
    findings.push({
      path: at('token'),
      sentence:
        'notes are written in a person’s name, and there is none. Add from: a user’s mail address, or take token out.',
    });
  for (const key of ['from', 'escalationPolicies'])
    if (!token && isThere(pagerduty[key]) && !(Array.isArray(pagerduty[key]) && list(pagerduty[key]).length === 0))
      findings.push({ path: at(key), sentence: 'this is of no use without token. Add token, or take this out.' });
  for (const key of ['eventsUrl', 'apiUrl'])
    if (/^http:/i.test(text(pagerduty[key]) ?? ''))
      findings.push({ path: at(key), sentence: 'PagerDuty is spoken to over https:// only. Write that.' });
  return findings;
};

export const mailCanBeSent: Check = (file) => {
  const email = notify(file)['email'];
  if (!isThere(email)) return [];
  const { user, password, security, host, operators, stakeholders } = map(email);
  const at = (key: string) => ['notify', 'email', key];
  const findings: Finding[] = [];
  if (isThere(user) && !isThere(password))
    findings.push({ path: at('user'), sentence: 'there is a user and no password. Add password, or take user out.' });
  if (!isThere(user) && isThere(password))
    findings.push({ path: at('password'), sentence: 'there is a password and no user. Add user, or take it out.' });
  if (isThere(password) && security === 'none' && !isHere(text(host)))
    findings.push({
      path: at('security'),
      sentence: 'the password would be sent in the clear. Use starttls or implicit, or no password.',
    });
  if (list(operators).length === 0 && list(stakeholders).length === 0)
    findings.push({
      path: ['notify', 'email'],
      sentence: 'nobody would be written to. Add addresses to operators or stakeholders, or take email out.',
    });
  return findings;
};
