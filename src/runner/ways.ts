/** The three ways to people outside the chat: what is owed on each, how it is called in the thread, and how it is sent. */
import type { Context } from '../machine/types.ts';
import { escalation, incident, letter, note, page, type Readers, type Telling, update } from '../messages/outside.ts';
import type { Scene } from '../messages/scene.ts';
import type { Mail } from '../ports/mail.ts';
import type { Pager } from '../ports/pager.ts';
import type { StatusPage } from '../ports/status-page.ts';
import {
  type Has,
  type MailWord,
  mailOwes,
  type PagerWord,
  type PageWord,
  pagerOwes,
  statusPageOwes,
} from './owed-words.ts';

/** What came of it beside that it was taken. */
export type Sent = {
  /** Who has yet to be reached: only they are tried again. */
  left?: string[];
  /** Whom it did not reach, as a sentence. */
  why?: string;
  /** Where customers read what was written. */
  link?: string | null;
};

export type Told = { scene: Scene; telling: Telling; left: string[] | null; signal: AbortSignal };

export type Owed = {
  /** Its place in the journal: told there, it is never told again. */
  slot: string;
  where: string;
  what: string;
  send(told: Told): Promise<Sent>;
};

export type Way = { name: string; owes(c: Context, has: Has): Owed[] };

const PAGED = { trigger: 'incident', note: 'note', resolve: 'closed' } as const;

/** `notes`: whether any can be written into its incidents. `engineers`: who is woken when a run has failed. */
export const pagerWay = (port: Pager, notes: boolean, engineers: Pick<Pager, 'trigger'> | null = null): Way => ({
  name: 'pager',
  owes: (c, has) =>
    pagerOwes(c, has, { notes, engineers: engineers !== null }).map((word) => ({
      slot: word.slot,
      where: word.do === 'escalate' ? 'PagerDuty of the engineers' : 'PagerDuty',
      what: word.do === 'escalate' ? '' : PAGED[word.do],
      send: (told) => (word.do === 'escalate' ? escalated(engineers!, told) : paged(port, word, told)),
    })),
});

/** Another incident of another service: what wakes them is that the run has failed. */
async function escalated(engineers: Pick<Pager, 'trigger'>, { scene, telling, signal }: Told): Promise<Sent> {
  const link = telling.thread === null ? null : { href: telling.thread, text: 'The thread' };
  await engineers.trigger({ key: `${scene.c.run}-failed`, ...escalation(scene, telling), link }, signal);
  return {};
}

async function paged(
  port: Pager,
  word: Exclude<PagerWord, { do: 'escalate' }>,
  { scene, telling, signal }: Told,
): Promise<Sent> {
  const { run } = scene.c;
  if (word.do === 'resolve') await port.resolve(run, signal);
  else if (word.do === 'trigger') {
    const link = telling.thread === null ? null : { href: telling.thread, text: 'The thread' };
    await port.trigger({ key: run, ...page(scene, telling), link }, signal);
  } else {
    const text = note(scene, word.of);
    if (text !== null) await port.note(run, text, signal);
  }
  return {};
}

const OCCASIONS = { begin: '', undoing: 'undoing', end: 'over' } as const;

export const mailWay = (port: Mail, addresses: Record<Readers, string[]>): Way => ({
  name: 'mail',
  owes: (c) =>
    mailOwes(c)
      .filter(({ to }) => addresses[to].length > 0)
      .map((word) => ({
        slot: word.slot,
        where: `mail to ${peopleText(word.to, addresses[word.to].length)}`,
        what: typeof word.occasion === 'object' ? 'held' : OCCASIONS[word.occasion],
        send: (told) => written(port, addresses[word.to], word, told),
      })),
});

const peopleText = (readers: Readers, count: number): string =>
  `${count} ${count === 1 ? readers.replace(/s$/, '') : readers}`;

/** A letter has the same key however often it is sent: sent twice because an answer was lost, it is seen to be the same. */
async function written(
  port: Mail,
  all: string[],
  word: MailWord,
  { scene, telling, left, signal }: Told,
): Promise<Sent> {
  const to = left ?? all;
  const words = letter(scene, word.to, word.occasion, telling);
  const { refused } = await port.send({ key: `${scene.c.run}:${word.slot}`, to, ...words }, signal);
  return {
    left: refused.filter(({ forNow }) => forNow).map(({ address }) => address),
    ...(refused.length === 0
      ? {}
      : {
          why: refused.map(({ address, why, forNow }) => `${address}: ${forNow ? 'not yet, ' : ''}${why}`).join('; '),
        }),
  };
}

/** `components`: our names of what a run touches. */
export const statusPageWay = (port: StatusPage, components: string[]): Way => ({
  name: 'statuspage',
  owes: (c, has) =>
    statusPageOwes(c, has).map((word) => ({
      slot: word.slot,
      where: 'status page',
      what: word.do === 'open' ? 'opened' : word.do === 'end' && word.resolves ? 'resolved' : 'updated',
      send: (told) => shown(port, components, word, told),
    })),
});

async function shown(
  port: StatusPage,
  names: string[],
  word: PageWord,
  { scene, telling, signal }: Told,
): Promise<Sent> {
  const { run } = scene.c;
  const all = <S>(state: S): Record<string, S> => Object.fromEntries(names.map((name) => [name, state]));
  if (word.do === 'open') {
    const { state, ...opened } = incident(scene, telling);
    const { link } = await port.open(run, { ...opened, components: all(state) }, signal);
    return { link };
  }
  const said = update(scene, word.do === 'end' ? 'end' : word.of, telling);
  if (word.do === 'end' && word.resolves)
    await port.resolve(run, { body: said.body, components: all('operational' as const) }, signal);
  else await port.update(run, said, signal);
  return {};
}
