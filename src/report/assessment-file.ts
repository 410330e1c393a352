/** `assessment.md`: what was lost, as people and auditors read it. The same facts give the same text. */
import { atMostText, bytesText } from '../lib/bytes.ts';
import { lengthText } from '../lib/utc.ts';
import { type Assessment, type Diverged, type Returned, unknownOf } from './assessment.ts';
import { bullets, cell, momentText, rowsText, section, table } from './markdown.ts';
import type { Loss } from './metrics.ts';

export function assessmentFile(a: Assessment): string {
  const { run, source, target } = a;
  return [
    `# ${run}: what was lost when ${source} was left for ${target}`,
    '',
    summary(a),
    '',
    table(['', ''], measures(a)),
    section('How it was measured', bullets(a.how, 'It could not be measured.')),
    section('Backups against the outage', backups(a)),
    section(`Damage found in ${source}`, bullets(a.damage.map(cell), 'Nothing was written down.')),
    section(`When ${source} came back`, returned(a)),
    section(`What only ${source} holds`, held(a)),
    section('What nobody knows', bullets(unknownOf(a).map(cell), 'Nothing of the above is open.')),
    '',
    'Nothing is merged automatically. What is to be done about it stands in reconciliation.md.',
    '',
  ].join('\n');
}

function summary({ source, target, failedAt, promotedAt, approved, found }: Assessment): string {
  const failed = failedAt === null ? `${source} was declared lost` : `${source} was lost at ${momentText(failedAt)}`;
  const serves = promotedAt === null ? '' : `; ${target} is the primary since ${momentText(promotedAt)}`;
  const bound = approved === null ? 'No bound was approved.' : `Approved to be lost: at most ${lossText(approved)}.`;
  return `${failed}${serves}.\n${bound}\n${foundText(source, found)}`;
}

/** What was found, in one sentence. */
export function foundText(source: string, found: Diverged | null): string {
  if (found === null) return `Found so far: nothing, for nobody has read ${source} since.`;
  const { run, transactions, tables, kept } = found;
  if (kept === null) return `Found: ${source} held nothing of its own (${run}).`;
  const rows = tables === null ? null : tables.reduce((sum, one) => sum + one.rows, 0);
  const words = [
    ...(transactions === null
      ? []
      : [`${transactions.count} ${transactions.count === 1 ? 'transaction' : 'transactions'}`]),
    ...(rows === null ? [] : [`${rowsText(rows)} of ${tables!.filter((one) => one.rows > 0).length} tables`]),
  ];
  return words.length === 0
    ? `Found: ${source} holds what ${run} has kept; how much could not be said.`
    : `Found only in ${source}: ${words.join(', ')} (${run}).`;
}

const lossText = (loss: Loss): string => `${atMostText(loss)} of writes`;
const unknown = 'not known';

function measures(a: Assessment): [string, string][] {
  const { source, target, approved, measured, rpoMs } = a;
  const at = (moment: number | null) => (moment === null ? unknown : momentText(moment));
  const by = [...new Set([...a.approvedBy, ...a.acceptedBy])];
  const lsn = (position: string | null, when: number | null) =>
    position === null ? unknown : `${position}${when === null ? '' : `, seen at ${momentText(when)}`}`;
  return [
    ['Objective', `at most ${rpoMs / 1000} s`],
    [
      'Approved',
      `${approved === null ? 'no bound' : `at most ${lossText(approved)}`}${by.length === 0 ? '' : `, by ${by.join(', ')}`}`,
    ],
    ['Measured before the promotion', measured === null ? unknown : `at most ${lossText(measured)}`],
    [`${target} has every heartbeat up to`, at(a.heartbeatAt)],
    [`Log of ${target} when it was measured`, lsn(a.targetLsn, null)],
    [`Log of ${source}, last known`, lsn(a.sourceLsn, a.sourceSeenAt)],
    [`${source} may have taken writes until`, at(a.sourceUntil)],
  ];
}

function backups({ backups: seen, failedAt }: Assessment): string {
  if (seen === null) return 'Not asked: no backups are configured.';
  const row = (name: string, at: number | null): [string, string, string] => [
    name,
    at === null ? unknown : momentText(at),
    at === null || failedAt === null ? unknown : against(failedAt - at),
  ];
  return [
    table(
      [cell(seen.source), 'complete', 'against the outage'],
      [
        row('full backup', seen.fullAt),
        row('incremental backup', seen.incrementalAt),
        row('transaction logs', seen.walToAt),
      ],
    ),
    ...(seen.trouble.length === 0 ? [] : ['', bullets(seen.trouble.map(cell), '')]),
  ].join('\n');
}
const against = (ms: number): string => (ms >= 0 ? `${lengthText(ms)} before it` : `${lengthText(-ms)} after it`);

function returned({ source, returned: seen }: Assessment): string {
  if (seen === null) return `Nothing had to be fenced there since: ${source} has not come back, or came back fenced.`;
  return bullets(
    [wrote(source, seen), ...seen.did.map((one) => `Done there: ${cell(one)}.`), ...seen.trouble.map(cell)],
    '',
  );
}
function wrote(source: string, { seenAt, tookWrites, fencedAt, walBytes }: Returned): string {
  const since = `${source} answered at ${momentText(seenAt)}`;
  if (tookWrites === null) return `${since}; its Postgres had not answered by then.`;
  if (!tookWrites) return `${since} and refused writes.`;
  const until = fencedAt === null ? 'and is not fenced yet' : `and took writes until ${momentText(fencedAt)}`;
  return `${since} ${until}${walBytes === null ? '' : `; its log is ${bytesText(walBytes)} past where it was last seen`}.`;
}

function held({ source, found }: Assessment): string {
  if (found === null)
    return `Nobody has read it. \`/dr reprotect ${source} reason:"…"\` keeps it first, and says here what it is.`;
  if (found.kept === null) return 'Nothing of its own: it could follow as it was.';
  const { kept, files, bytes, forkLsn, transactions, tables, why, run } = found;
  const size = [files === null ? null : `${files} files`, bytes === null ? null : bytesText(bytes)].filter(
    (one) => one !== null,
  );
  const first = transactions?.firstAt ?? null;
  const last = transactions?.lastAt ?? null;
  const when = first === null || last === null ? '' : `, from ${momentText(first)} to ${momentText(last)}`;
  return [
    bullets(
      [
        `Kept by ${run} in ${source}${size.length === 0 ? '' : ` (${size.join(', ')})`}: \`${cell(kept)}\``,
        `The histories part at ${forkLsn ?? 'a position nobody has said'}.`,
        transactions === null ? 'Transactions: not counted.' : `Transactions: ${transactions.count}${when}.`,
        ...(why === null ? [] : [`Not said, because: ${cell(why)}.`]),
      ],
      '',
    ),
    ...(tables === null || tables.length === 0
      ? []
      : [
          '',
          table(
            ['table', 'rows only there'],
            tables.map((one) => [`\`${cell(one.table)}\``, String(one.rows)]),
          ),
        ]),
  ].join('\n');
}
