import { sentenceOf, UserError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { haltLines } from '../messages/halt.ts';
import type { Form, Refused, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';

/** What is wrong with a region, in a sentence; null when nothing is. */
export function regionProblem(region: string, world: CommandWorld): string | null {
  const regions = Object.keys(world.runner.system.regions);
  if (regions.includes(region)) return null;
  const near = nearest(region, regions);
  return `“${region}” is not a region of ${world.runner.system.organization}.${near ? ` Did you mean ${near}?` : ''} Regions: ${regions.join(', ')}.`;
}

/** Everything that must be right before a run is started, each with its sentence and the form's field it belongs to. */
async function problem(
  asked: { from: string; to: string | undefined; reason: string },
  world: CommandWorld,
): Promise<{ field: string; why: string; refused?: Refused } | null> {
  const from = regionProblem(asked.from, world);
  if (from) return { field: 'from', why: `${from} Nothing was started.` };
  if (asked.to !== undefined) {
    const to = regionProblem(asked.to, world);
    if (to) return { field: 'to', why: `${to} Nothing was started.` };
    if (asked.to === asked.from)
      return {
        field: 'to',
        why: `${asked.from} cannot fail over to itself. Name another region with to:. Nothing was started.`,
      };
  } else {
    try {
      world.runner.targetFor(asked.from);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { field: 'to', why: `${sentenceOf(error)} Nothing was started.` };
    }
  }
  if (asked.reason === '')
    return {
      field: 'reason',
      why: `A failover needs a reason: /dr failover ${asked.from} reason:"maintenance". Nothing was started.`,
    };
  const roles = await world.runner.rolesNow();
  if (roles[asked.from] === 'standby') {
    const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
    return {
      field: 'from',
      refused: 'state',
      why: `${asked.from} is not the primary${primary ? `: ${primary} is` : ''}. A failover names the region that is left; taking a standby out of service is not built yet. Nothing was started.`,
    };
  }
  return null;
}

export const failoverForm = (
  world: CommandWorld,
  initial: { from?: string | undefined; reason?: string | undefined },
): Form => {
  const options = Object.keys(world.runner.system.regions).map((region) => ({ value: region, label: region }));
  return {
    id: 'failover',
    title: 'Planned failover',
    submit: 'Start',
    meta: '{}',
    lines: ['Nothing is changed before a second person has approved. Every card shows from → to.'],
    fields: [
      {
        id: 'from',
        label: 'Away from',
        kind: 'choice',
        options,
        hint: 'The region that is left.',
        ...(initial.from && options.some(({ value }) => value === initial.from) ? { initial: initial.from } : {}),
      },
      {
        id: 'to',
        label: 'To',
        kind: 'choice',
        options: [{ value: 'auto', label: 'the other region' }, ...options],
        initial: 'auto',
      },
      {
        id: 'reason',
        label: 'Reason',
        kind: 'text',
        hint: 'Everybody will read it.',
        ...(initial.reason ? { initial: initial.reason } : {}),
      },
    ],
  };
};

export const failover: Command = {
  name: 'failover',
  usage: 'failover <region> [to:<region>] reason:"…"',
  summary: 'Move away from a region, planned. A second person approves.',
  access: 'operate',
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, via } = request;
    if (via !== 'form' && words.length === 0)
      return { kind: 'form', form: failoverForm(world, { from: named['from'], reason: named['reason'] }) };
    const refuse = refuser(request, world);
    if (words.length > 1)
      return await refuse(
        `I read “${words.slice(1).join(' ')}” after the region and do not know what it means. Write the reason as reason:"…". Nothing was started.`,
      );
    const to = named['to'] === 'auto' ? undefined : named['to'];
    const asked = { from: words[0] ?? named['from'] ?? '', to, reason: (named['reason'] ?? '').trim() };

    const active = world.runner.active();
    if (active) return await refuse(...(await busy(active.run, world)));
    const { halt } = world.runner;
    if (halt) return await refuse('No run is started while this stands. Nothing was started.', haltLines({ halt }));
    const wrong = await problem(asked, world);
    if (wrong) {
      const reply = await refuse(wrong.why, [], wrong.refused ?? 'input');
      return via === 'form' ? atField(wrong.field, wrong.why) : reply;
    }
    const target = asked.to ?? world.runner.targetFor(asked.from);
    const begun = await world.runner.begin(asked.from, target, asked.reason, request.person, request.delivery);
    if (begun.ok) {
      const { run } = begun.view;
      const link = await world.linkTo(run);
      return say(
        [
          { bold: run },
          ` is moving ${asked.from} → ${target}. `,
          ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
        ],
        ['It is checked and prepared now, and waits for a second person before anything stops.'],
      );
    }
    if (begun.because === 'busy') return await refuse(...(await busy(begun.view.run, world)));
    if (begun.because === 'halted')
      return await refuse('No run is started while it is halted: see /dr status. Nothing was started.');
    return say('This was already taken: it acts once.');
  },
};

/** Why nothing new is started while a run is under way, with the way to it. */
export async function busy(run: string, world: CommandWorld): Promise<Parameters<ReturnType<typeof refuser>>> {
  const c = world.runner.view(run)!.snapshot.context;
  const link = await world.linkTo(run);
  return [
    [
      `${run} is already moving ${c.source} → ${c.target} (asked by `,
      { person: c.requestedBy },
      ' at ',
      { time: c.requestedAt },
      '). One run at a time. Nothing was started. ',
      ...(link === null ? [] : [{ link, text: 'See it ↗' }]),
    ],
  ];
}
