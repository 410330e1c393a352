/** A message as plain text, line by line: for programs, terminals and logs. The one place where the API words anything. */
import type { Line, Message } from '../commands/dispatch.ts';

export type Plain = {
  title: string;
  lines: string[];
  actions?: { id: string; label: string; value: string }[];
};

type Span = Exclude<Line, unknown[]>;

/** One line of it; what a terminal would obey and what cannot be seen is left out. */
const visible = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '');

/** UTC, to the minute. */
function moment(at: number, as: 'time' | 'date' | undefined): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '(unknown time)';
  const iso = date.toISOString();
  return `${as === 'date' ? `${iso.slice(0, 10)} ` : ''}${iso.slice(11, 16)} UTC`;
}

const spanText = (span: Span, names: Record<string, string>): string => {
  const called = (id: string): string => (Object.hasOwn(names, id) ? names[id]! : id);
  if (typeof span === 'string') return span;
  if ('untrusted' in span) return span.untrusted;
  if ('bold' in span) return span.bold;
  if ('code' in span) return span.code;
  if ('person' in span) return called(span.person);
  if ('group' in span) return called(span.group);
  if ('time' in span) return moment(span.time, span.as);
  return `${span.text} (${span.link})`;
};

/** A line as text. `names`: how ids (`S0123`) are called. */
export const lineText = (line: Line, names: Record<string, string> = {}): string =>
  visible([line].flat().reduce<string>((text, span) => text + spanText(span, names), '')).trimEnd();

/** The whole message; its small print is its last line. */
export function plain({ title, lines, actions, footnote }: Message, names: Record<string, string> = {}): Plain {
  return {
    title: lineText(title, names),
    lines: [...lines, ...(footnote === undefined ? [] : [footnote])].map((line) => lineText(line, names)),
    ...(actions.length === 0 ? {} : { actions: actions.map(({ id, label, value }) => ({ id, label, value })) }),
  };
}
