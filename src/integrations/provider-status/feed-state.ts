/**
 * What a feed of incidents says of now. Some providers post each turn of an incident anew, some edit one post: a post
 * speaks of trouble unless it, or a later one of the same subject, says that it is over. When in doubt it is trouble,
 * with its words and its hour, so that people can judge.
 */
import { foreignText } from '../../lib/foreign-text.ts';
import { lengthText } from '../../lib/utc.ts';
import type { Post } from './feed.ts';
import { type Said, unknown } from './said.ts';

/** In a title: how providers say that it is over, or never was trouble. */
const OVER = /\b(resolved|operating normally|completed|closed|post-?mortem|recovered)\b/i;
/** Not over, although the words above stand in it. */
const NOT_OVER = /\b(not|un|partially|being|until|is|to be)[ -]?(yet )?(fully )?(resolved|recovered|completed)\b/i;
/** Where the title names only the incident, its body begins with the last turn: `Resolved - …`, after the date. */
const BODY_BEGINS = 120;
/** Clocks differ by this much; what is dated further ahead is planned. */
const AHEAD_MS = 10 * 60_000;

export function judgeFeed(posts: Post[], now: number, freshMs: number): Said {
  const dated = posts.flatMap(({ at, ...post }) => (at === null || at > now + AHEAD_MS ? [] : [{ ...post, at }]));
  if (dated.length === 0) {
    if (posts.length === 0) return { state: 'ok', sentence: 'its feed has nothing posted' };
    if (posts.some(({ at }) => at === null))
      return unknown(`its feed has posts without a date, such as ${shown(posts[0]!)}`);
    return { state: 'ok', sentence: 'its feed has nothing posted but what is ahead' };
  }
  const newestFirst = dated.toSorted((a, b) => b.at - a.at);
  const settled = new Set<string>();
  const open: typeof newestFirst = [];
  for (const post of newestFirst) {
    if (now - post.at > freshMs) break;
    const subject = subjectOf(post.title);
    if (isOver(post)) settled.add(subject);
    else if (!settled.has(subject)) {
      open.push(post);
      // Earlier posts of the same incident add nothing.
      settled.add(subject);
    }
  }
  const ago = (at: number) => `posted ${lengthText(now - at)} ago`;
  const [worst] = open;
  if (worst !== undefined) {
    const others = open.length > 1 ? ` and ${open.length - 1} more` : '';
    return { state: 'trouble', sentence: `${shown(worst)}, ${ago(worst.at)}${others}` };
  }
  const newest = newestFirst[0]!;
  if (now - newest.at > freshMs) return { state: 'ok', sentence: `nothing posted within ${lengthText(freshMs)}` };
  return { state: 'ok', sentence: `${shown(newest)}, ${ago(newest.at)}` };
}

const shown = ({ title }: { title: string }): string => `“${foreignText(title || 'a post without a title')}”`;

function isOver({ title, body }: { title: string; body: string }): boolean {
  if (OVER.test(title)) return !NOT_OVER.test(title);
  const begin = body.slice(0, BODY_BEGINS);
  return /\b(resolved|completed)\s*[-–:]/i.test(begin) && !NOT_OVER.test(begin);
}

/** What the posts of one incident have in common: the title without the words for its turn. */
const subjectOf = (title: string): string =>
  title
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replace(
      /^\s*(service is operating normally|service (disruption|degradation)|informational message|performance issues?|(final )?update|resolved|investigating|identified|monitoring|incident)\s*[:-]/i,
      '',
    )
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
