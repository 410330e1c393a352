/** What the files of a run are written with: Markdown, with moments in UTC to a tenth of a second. */

/** `2026-11-21 14:30:05.2 UTC`. */
export const momentText = (at: number): string => `${new Date(at).toISOString().slice(0, 21).replace('T', ' ')} UTC`;

/** Text of others, in one line that no table is broken by. */
export const cell = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('`', '’')
    .trim();

export const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export const section = (title: string, body: string): string => `\n## ${title}\n\n${body}`;

/** `none` where there are none. */
export const bullets = (lines: string[], none: string): string =>
  lines.length === 0 ? none : lines.map((line) => `- ${line}`).join('\n');

export const rowsText = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`;
