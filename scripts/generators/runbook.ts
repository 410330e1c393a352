/** docs/runbook.md: what somebody on call reads about each step of each runbook, in order, from the steps themselves. */
import type { Context, Repeat } from '../../src/machine/types.ts';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { failback } from '../../src/steps/runbooks/failback.ts';
import { lostSecondary } from '../../src/steps/runbooks/lost-secondary.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { reprotect } from '../../src/steps/runbooks/reprotect.ts';
import { type GateDefinition, type Runbook, type StepDefinition, stepsOf } from '../../src/steps/step.ts';
import type { Generator } from '../generate.ts';
import { anchorOf, DOCUMENTS, type Requirement, readDecisions, readRequirements } from './requirements.ts';

/** Every runbook there is, in the order people read them (a test says when one is missing). */
export const RUNBOOKS: readonly Runbook[] = [planned, emergency, failback, lostSecondary, reprotect];

const TITLES: Partial<Record<Context['runbook'], string>> = {
  planned: 'Planned failover',
  emergency: 'Emergency failover',
  failback: 'Failback',
  'lost-secondary': 'A region that does not serve is lost',
  reprotect: 'A region becomes a standby again',
};

export const runbookPage: Generator = {
  output: 'docs/runbook.md',
  make() {
    const requirements = readRequirements();
    const linesOf = (kind: 'step' | 'gate', id: string): string[] =>
      requirements
        .filter(({ answeredBy }) => answeredBy.some((one) => one.kind === kind && one.value === id))
        .map((one) => one.id);
    const nodes = unique(RUNBOOKS.flatMap((runbook) => runbook.nodes));
    return `${[
      INTRODUCTION,
      ...RUNBOOKS.map(overview),
      '## Each step',
      ...nodes.map((node) =>
        isGate(node) ? gateText(node, linesOf('gate', node.id)) : stepText(node, linesOf('step', node.id)),
      ),
      ...otherwise(),
      ...notYet(),
    ].join('\n\n')}\n`;
  },
};

const INTRODUCTION = `<!-- Made from src/steps/ and docs/requirements.yml by npm run generate. Do not edit. -->

# Runbook

What Regent does in a run, step by step, and what you do when one stops. *The source* is the region that is left, *the
target* the one that takes over; every card in Slack prints both by name.

## When a run holds

- Nothing new starts, what is in flight goes on, and gates' deadlines stand still. \`/dr status\` says what it waits for.
- The card in the run's thread says what was seen. Look at that system, repair it, then press **Retry** (or
  **Check again**: nothing is sent, the world is only asked). Typed: \`/dr retry STEP\`.
- **Abort and undo** puts everything back, last first, and shows beforehand what. It is offered until a step without a way
  back may have taken place; from then on repair and retry.
- "Not done" has been seen. "Unknown" means that nobody knows: find out before you change anything by hand.
- \`/dr pause\` lets nothing new start, \`/dr resume\` goes on, \`/dr note …\` keeps what you found in the run's record.`;

type Node = StepDefinition | GateDefinition;
const isGate = (node: Node): node is GateDefinition => 'kind' in node;

function unique(nodes: Node[]): Node[] {
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}

/** Regions have names only in a run. */
const plain = (text: string): string =>
  text.replace(/(^|[.!?] )?\{(source|target)\}/g, (_, start: string | undefined, which: string) =>
    start === undefined ? `the ${which}` : `${start}The ${which}`,
  );
const phaseName = (phase: string): string => (phase === 'atEnd' ? 'at the end, whatever the end' : phase);
const titleOf = (id: string): string =>
  plain(RUNBOOKS.flatMap((runbook) => runbook.nodes).find((node) => node.id === id)?.title ?? id);
const link = (id: string): string => `[${titleOf(id)}](#${id})`;

/** The runbook at a glance: phases in order, and in each what is in it. */
function overview(runbook: Runbook): string {
  const title = TITLES[runbook.name] ?? runbook.name;
  const phases = [...new Set(stepsOf(runbook).map((step) => step.phase))];
  let number = 0;
  const rows = phases.map((phase) => {
    const gates = runbook.nodes.filter(isGate).filter((gate) => gate.phase === phase);
    const steps = stepsOf(runbook).filter((step) => step.phase === phase);
    const numbered = steps.map((step) => {
      number += 1;
      return `${number}. ${link(step.id)}`;
    });
    return `| ${[phaseName(phase), ...gates.map((gate) => `needs ${link(gate.id)}`)].join('<br>')} | ${numbered.join('<br>')} |`;
  });
  return [`## ${title}`, '', '| phase | steps |', '|---|---|', ...rows].join('\n');
}

function stepText(step: StepDefinition, lines: string[]): string {
  const { id, about, requires } = step;
  return [
    heading(id, `${id} · ${phaseName(step.phase)}`),
    '',
    ...(about ? [plain(about.does), ''] : []),
    item('Waits for', waitsFor(step)),
    ...(requires
      ? [
          item(
            'Asked again right before it',
            `${requires.steps.map(link).join(', ')}. No longer so: ${requires.gate ? `${link(requires.gate)} is asked again` : 'it holds'}.`,
          ),
        ]
      : []),
    ...(about ? [item('Check', plain(about.asks))] : []),
    item(
      'Time',
      `${timeText(step.budgetMs)}, or \`timings.budgets.${id}\`. Over it, the run ${step.onFailure === 'continue' ? 'goes on without, and says so' : 'holds and asks'}.`,
    ),
    item('Again', step.run ? AGAIN[step.repeat] : 'It only asks, and leaves nothing behind: as often as you like.'),
    item('Undo', undoText(step)),
    ...(step.proves ? [item('Skip', 'Never: what comes after rests on it.')] : []),
    ...(step.onFailure === 'rollback' ? [item('When it fails', 'The run is undone by itself.')] : []),
    ...original(lines),
    ...(about ? ['', 'When it stops:', '', ...about.whenItStops.map((line) => `- ${plain(line)}`)] : []),
  ].join('\n');
}

function gateText(gate: GateDefinition, lines: string[]): string {
  const verb = gate.id === 'dns' ? 'confirm' : 'approve';
  const lets = RUNBOOKS.filter((runbook) => runbook.nodes.includes(gate))
    .flatMap(stepsOf)
    .filter((step) => step.phase === gate.phase && step.run);
  const last = lets.find((step) => step.undo && 'impossible' in step.undo);
  return [
    heading(gate.id, `${gate.id} · a decision people owe before ${gate.phase}`),
    '',
    `People decide on its card in the incidents channel, or with \`/dr ${verb} ${gate.id}\` and \`/dr deny ${gate.id} reason:"…"\`.`,
    '',
    item('Asked', `as soon as ${gate.after.map(link).join(', ')} are done; needed when ${gate.phase} begins.`),
    ...(lets.length > 0 ? [item('It lets happen', `${lets.map((step) => link(step.id)).join(', ')}.`)] : []),
    ...(last ? [item('No way back', `after ${link(last.id)}: going back is then a failback.`)] : []),
    item('Who', `\`gates.${gate.id}\` in the configuration: approvers, votes, time, and who is asked next.`),
    item('Denied or out of time', 'The run holds and nothing is undone: ask again, or abort and undo.'),
    item('Asked again by itself', 'when the plan changes, or when what was approved is no longer so.'),
    ...original(lines),
  ].join('\n');
}

const heading = (id: string, under: string): string => `<a id="${id}"></a>\n\n### ${titleOf(id)}\n\n\`${under}\``;
const item = (name: string, text: string): string => `- **${name}**: ${text}`;
const original = (lines: string[]): string[] =>
  lines.length === 0 ? [] : [item('Answers', `${lines.join(', ')} of [the requirements](requirements.yml)`)];

/** Its phase, the gates of that phase, and what it comes after in the order of the list. */
function waitsFor(step: StepDefinition): string {
  if (step.phase === 'atEnd') return ['the end of the run', ...(step.after ?? []).map(link)].join(', ');
  const gates = RUNBOOKS.filter((runbook) => runbook.nodes.some((node) => node.id === step.id))
    .flatMap((runbook) => runbook.nodes.filter(isGate))
    .filter((gate) => gate.phase === step.phase);
  const before = [...new Set([...gates.map((gate) => gate.id), ...(step.after ?? [])])];
  return [`the phase ${step.phase}`, ...before.map(link)].join(', ');
}

const AGAIN: Record<Repeat, string> = {
  idempotent: 'It sets a state: sending it twice does no harm. It is looked at first all the same.',
  verifiable: 'One can see whether it is done: it is sent again only when it surely is not.',
  once: 'It must not be sent twice: it is sent again only when the world shows that it was not done.',
};

function undoText({ run, undo }: StepDefinition): string {
  if (run === undefined) return 'nothing to undo.';
  if (undo && 'impossible' in undo) return `**none.** ${undo.impossible}`;
  return 'an abort puts back what was there before its first attempt. What was found done already stays.';
}

/** `15 s`, `2 min`: a budget as people say it. */
function timeText(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

/** Lines of the originals that are answered otherwise than they say, by decision. */
function otherwise(): string[] {
  const requirements = readRequirements();
  const rows = [...readDecisions()].flatMap(([number, title]) => {
    const lines = requirements.filter(({ answeredBy }) =>
      answeredBy.some((one) => one.kind === 'decision' && one.value === number),
    );
    const anchor = anchorOf(`${number}. ${title}`);
    return lines.length === 0
      ? []
      : [`- [${number}. ${title}](decisions.md#${anchor}): ${lines.map(({ id }) => id).join(', ')}`];
  });
  return rows.length === 0
    ? []
    : ['## Otherwise than the originals', `Each for a reason that is written down.\n\n${rows.join('\n')}`];
}

const isLacking = ({ answeredBy }: Requirement): boolean => answeredBy.some(({ kind }) => kind === 'later');
// A decision says how it shall be; by itself it does nothing.
const isOpen = (one: Requirement): boolean =>
  isLacking(one) && one.answeredBy.every(({ kind }) => ['later', 'decision'].includes(kind));

/** `Of 176 demands of Eden’s runbook 150 are answered, 20 in part, 6 not yet.` */
function counted(document: string, name: string): string {
  const all = readRequirements().filter(({ id }) => id.startsWith(document));
  const lacking = all.filter(isLacking).length;
  const open = all.filter(isOpen).length;
  return `Of ${all.length} demands of ${name} ${all.length - lacking} are answered, ${lacking - open} in part, ${open} not yet.`;
}

/** What is announced and not built, so that nobody relies on it; with how much of each original is answered. */
function notYet(): string[] {
  const lacking = readRequirements().filter(isLacking);
  const count = Object.entries(DOCUMENTS)
    .map(([letter, name]) => counted(letter, name))
    .join(' ');
  const rows = lacking.map(({ id, says, answeredBy }) => {
    const later = answeredBy.filter(({ kind }) => kind === 'later').map(({ value }) => value);
    return `- **${id}** ${says} *Later:* ${later.join(' ')}`;
  });
  const until = lacking.length === 0 ? [] : [`Until then it is for people to do.\n\n${rows.join('\n')}`];
  return ['## What is not there yet', count, ...until];
}
