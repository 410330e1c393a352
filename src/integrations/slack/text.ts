/**
 * Spans as Slack's mrkdwn, and how untrusted text is made harmless: escaped so that it cannot mention or link, its marks
 * replaced by signs that look alike and mean nothing, invisible characters removed. Pure.
 */
import type { Line, Span } from '../../ports/chat.ts';

/** The three characters Slack gives a meaning to; `&` first. */
export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * One line without anything invisible: no direction overrides, zero-width or control characters, no piles of accents.
 * What is left looks like what it is.
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cf}\u115f\u1160\u3164\uffa0]/gu, '')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1');
}

/** Text a person typed, fit for mrkdwn: shown as typed, never obeyed. */
export function untrusted(text: string): string {
  const harmless = visible(text)
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
    // Inside a word an underscore is only an underscore: us_east_1 stays what it is.
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, (run) => 'ˍ'.repeat(run.length))
    .replace(/:(?=[a-z0-9_+'-]+:)/gi, '∶')
    .replace(/^\s*>+/, '›');
  return escapeEntities(harmless);
}

const PERSON = /^[UWB][A-Z0-9]+$/;
const GROUP = /^S[A-Z0-9]+$/;

/** A span as mrkdwn. Ids that are none are shown as text. */
export function mrkdwn(span: Span, inBold = false): string {
  if (typeof span === 'string') return escapeEntities(span.toWellFormed());
  if ('untrusted' in span) return untrusted(span.untrusted);
  if ('bold' in span) return inBold ? untrusted(span.bold) : marked('*', untrusted(span.bold));
  if ('code' in span) return marked('`', escapeEntities(visible(span.code).replaceAll('`', 'ˋ')));
  if ('person' in span) return PERSON.test(span.person) ? `<@${span.person}>` : untrusted(span.person);
  if ('group' in span) return GROUP.test(span.group) ? `<!subteam^${span.group}>` : untrusted(span.group);
  if ('time' in span) return timeText(span.time, span.as);
  return linkText(span.link, span.text);
}

export function lineMrkdwn(line: Line, inBold = false): string {
  return Array.isArray(line) ? line.map((span) => mrkdwn(span, inBold)).join('') : mrkdwn(line, inBold);
}

/** A span for places where nothing is parsed (labels, dialogs): people and groups have no name there and are left out. */
function plain(span: Span): string {
  if (typeof span === 'string') return span;
  if ('untrusted' in span) return visible(span.untrusted);
  if ('bold' in span) return visible(span.bold);
  if ('code' in span) return visible(span.code);
  if ('time' in span) return utc(span.time, span.as);
  return 'text' in span ? visible(span.text) : '';
}

export function linePlain(line: Line): string {
  return (Array.isArray(line) ? line.map(plain).join('') : plain(line)).replace(/\s+/g, ' ').trim();
}

function marked(mark: string, text: string): string {
  const inner = text.trim();
  return inner === '' ? '' : `${mark}${inner}${mark}`;
}

/** Each reader's own zone; UTC where the client cannot. Times beyond what a date can hold are said to be unknown. */
function timeText(at: number, as: 'time' | 'date' | undefined): string {
  if (Number.isNaN(new Date(at).getTime())) return '(unknown time)';
  const format = as === 'date' ? '{date_short}, {time}' : '{time}';
  return `<!date^${Math.floor(at / 1000)}^${format}|${utc(at, as)} UTC>`;
}

function utc(at: number, as: 'time' | 'date' | undefined): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '(unknown time)';
  const iso = date.toISOString();
  return as === 'date' ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16);
}

/** A link where the address is one people can follow; else only its words. */
function linkText(link: string, text: string): string {
  const words = untrusted(text).replaceAll('|', '¦') || 'link';
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (!url || !['https:', 'http:', 'mailto:'].includes(url.protocol)) return words;
  const address = url.href
    .replaceAll('|', '%7C')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
    .replaceAll('&', '&amp;');
  return `<${address}|${words}>`;
}

/** At most `max` characters of mrkdwn, ending in `…` where something was cut; never inside an entity or a `<…>`. */
export function cutMrkdwn(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = max - 2;
  const open = text.lastIndexOf('<', end - 1);
  if (open >= 0 && text.indexOf('>', open) >= end) end = open;
  const entity = text.lastIndexOf('&', end - 1);
  if (entity >= 0 && end - entity < 6 && text.indexOf(';', entity) >= end) end = entity;
  const kept = wellEnded(text.slice(0, end));
  const ticks = kept.split('`').length - 1;
  return `${kept}${ticks % 2 === 1 ? '`' : ''}…`;
}

/** At most `max` characters of plain text. */
export function cutPlain(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${wellEnded(text.slice(0, max - 1))}…`;
}

/** Without half a character, or a space, at its end. */
function wellEnded(text: string): string {
  return text
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .trimEnd();
}
