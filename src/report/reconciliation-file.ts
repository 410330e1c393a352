/**
 * `reconciliation.md`: what only the region that was left holds, table by table, and how people bring it together. It
 * orders nothing: nothing is merged automatically.
 */
import type { RecoveryItem } from '../machine/recovery.ts';
import type { Assessment, Diverged, DivergedTable } from './assessment.ts';
import { foundText } from './assessment-file.ts';
import { bullets, cell, momentText, section, table } from './markdown.ts';
import { tableKey } from './recovery.ts';

export function reconciliationFile(a: Assessment, items: RecoveryItem[]): string {
  const { run, source, target, found } = a;
  return [
    `# ${run}: bringing together what only ${source} holds and ${target}`,
    '',
    '**Nothing is merged automatically.**',
    `What ${target} holds is what counts; people decide about the rest, table by table.`,
    '',
    foundText(source, found),
    ...(found === null ? [section('What comes first', unread(source))] : body(a, found, items)),
    '',
  ].join('\n');
}

const unread = (source: string): string =>
  steps([
    `Leave ${source} fenced: whoever starts it by hand may lose what only it holds.`,
    `When it answers: \`/dr reprotect ${source} reason:"…"\`. What only it holds is kept before anything there is replaced.`,
    'This file is then written anew, with the tables.',
  ]);

function body(a: Assessment, found: Diverged, items: RecoveryItem[]): string[] {
  const { source, target } = a;
  const differing = (found.tables ?? []).filter(({ rows }) => rows > 0);
  if (found.kept === null) return [section('What is to be done', 'Nothing: there is nothing to bring together.')];
  const where = `\`${cell(found.kept)}\` in ${source}`;
  return [
    section('Where it lies', bullets(places(found, where), '')),
    section(
      'Table by table',
      found.tables === null
        ? `Not compared${found.why === null ? '' : `: ${cell(found.why)}`}. It is compared by hand, from ${where}.`
        : differing.length === 0
          ? 'No row of the tables that were compared is only there.'
          : table(
              ['table', 'key', 'rows only there', 'file', 'owner', 'decision'],
              differing.map((one) => [
                `\`${cell(one.table)}\``,
                one.key.length === 0 ? 'none' : `\`${cell(one.key.join(', '))}\``,
                String(one.rows),
                one.file === null ? where : `\`${cell(one.file)}\``,
                ...decisionOf(one, items),
              ]),
            ),
    ),
    section('How', steps(manual(target, where))),
  ];
}

const places = ({ transactions, forkLsn }: Diverged, where: string): string[] => [
  `The log since the histories part${forkLsn === null ? '' : ` (${forkLsn})`}: ${where}`,
  ...(transactions === null ? [] : [`Transactions in it: ${transactions.count}`]),
];

/** Who has it, and what they have decided: two cells. */
function decisionOf(one: DivergedTable, items: RecoveryItem[]): [string, string] {
  const item = items.find(({ key }) => key === tableKey(one)) ?? items.find(({ key }) => key === 'tables');
  if (item === undefined) return ['nobody yet', 'open'];
  const owner = item.owner === null ? 'nobody yet' : cell(item.owner);
  const { done, n } = item;
  return done === null
    ? [owner, `open: item ${n}`]
    : [owner, `${cell(done.why ?? 'done')}, by ${cell(done.by)} at ${momentText(done.at)}`];
}

const manual = (target: string, where: string): string[] => [
  'Name an owner for each table: `/dr recovery set NUMBER owner:@who due:YYYY-MM-DD`.',
  'Copy what was kept to a server of its own, where nobody writes. Leave the original as it is.',
  `The owner decides for each table: **replay** (the rows are written to ${target}), **ignore** (nobody misses them), or **ask customers** (nobody here can say).`,
  `Before a replay look at the same keys in ${target}: what was written there since is newer, and stays unless the owner decides otherwise. Look at sequences and at what other tables refer to.`,
  `Replay in one transaction a table, first on a copy of ${target}, then on ${target} itself, by hand and with two people.`,
  'Say what was decided: `/dr recovery done NUMBER reason:"replayed, 30 rows"`. It then stands here.',
  `What was kept (${where}) is deleted only when every table is decided. Regent never deletes it.`,
];

const steps = (lines: string[]): string => lines.map((line, index) => `${index + 1}. ${line}`).join('\n');
