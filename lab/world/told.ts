/** What people outside the chat were told, as their own servers have it. */
import type { NotifyFile, PeopleOutside } from './people-outside.ts';

type Asked = Pick<PeopleOutside, 'incidents' | 'mails' | 'pages'>;

export type Told = {
  pages: { incidents: number; triggered: number; resolved: number; open: number; notes: number };
  mails: { sent: number; subjects: string[] };
  /** One list of states for each incident on the status page. */
  statusPage: string[][];
};

export function toldBy(people: Asked): Told {
  const incidents = people.incidents();
  const count = (kind: string) => incidents.flatMap(({ events }) => events).filter((event) => event === kind).length;
  const mails = people.mails();
  return {
    pages: {
      incidents: incidents.length,
      triggered: count('trigger'),
      resolved: count('resolve'),
      open: incidents.filter(({ status }) => status !== 'resolved').length,
      notes: incidents.reduce((sum, { notes }) => sum + notes.length, 0),
    },
    mails: { sent: mails.length, subjects: mails.map(({ subject }) => subject) },
    statusPage: people.pages().map(({ updates }) => updates.map(({ status }) => status)),
  };
}

/** By its first line, which is the subject: the letter that says it is over. */
const OVER = /^RESOLVED/;

/**
 * Who has not been told of an emergency and of its end, one sentence each; empty when everybody was. `leftOpen`: incidents
 * of runs that were called off while the region stayed down: people close those.
 */
export function untold(people: Asked, { email }: Pick<NotifyFile, 'email'>, leftOpen = 0): string[] {
  const { pages, statusPage } = toldBy(people);
  const keys = people.incidents().map(({ key }) => key);
  const written = people.mails();
  const unwritten = [...email.operators, ...email.stakeholders].filter(
    (address) => !written.some(({ recipients, subject }) => recipients.includes(address) && OVER.test(subject)),
  );
  return [
    ...(pages.triggered === 0 ? ['nobody was paged'] : []),
    ...(new Set(keys).size < keys.length
      ? [`incidents of one run were opened more than once: ${keys.join(', ')}`]
      : []),
    ...(pages.open > leftOpen ? ['the page was not resolved'] : []),
    ...unwritten.map((address) => `${address} was not told that it is over`),
    ...(statusPage.length === 0 ? ['nothing was said on the status page'] : []),
    ...(statusPage.filter((states) => states.at(-1) !== 'resolved').length > leftOpen
      ? ['the status page does not say it is over']
      : []),
  ];
}
