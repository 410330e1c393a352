/**
 * Declaring a disaster: a dialog with what is seen of the region now and what is given up, then an emergency run. A
 * region that nobody sees down is declared only by whoever types its name.
 */

import { onlyWatched } from '../machine/due.ts';
import { aroundLines, givenUp, reachLines } from '../messages/around.ts';
import { haltLines } from '../messages/halt.ts';
import { SIGN } from '../messages/scene.ts';
import type { Form, FormField, Line, Refused, Reply } from '../ports/chat.ts';
import type { RegionHealth } from '../ports/watch.ts';
import type { Choice } from '../runner/choosing.ts';
import type { Ends } from '../runner/face.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { END_WATCH, endedLines, endingForm, wayFree } from './end-watch.ts';
import { chosen, chosenLines, otherRegion, regionProblem } from './failover.ts';
import { reasonField } from './fields.ts';
import { canGoOn, goOn } from './mode.ts';
import { notBegun, servedBy, takeOut } from './take-out.ts';

const NOTHING = 'Nothing was started.';
/** Evidence older than this says nothing about now, ms. */
const FRESH_MS = 60_000;

type View = {
  /** `down`: there is trouble that still stands. */
  is: 'down' | 'well' | 'unknown';
  lines: Line[];
  /** The same in a few words, for the run's record. */
  words: string;
};

/** What is seen of a region now, from where. */
export function viewOf(region: string, health: RegionHealth | null, now: number): View {
  const nothing = `nobody could say how ${region} was`;
  if (health === null)
    return { is: 'unknown', words: nothing, lines: [`Nobody watches ${region}: nothing is known of it.`] };
  const { stage, since, at, score, failure, vantages, answering = [] } = health;
  if (at === null || now - at > FRESH_MS)
    return {
      is: 'unknown',
      words: nothing,
      lines: [
        at === null
          ? `Nobody has seen anything of ${region} yet.`
          : ['Nobody can say how ', { bold: region }, ' is: last seen at ', { time: at }, '.'],
      ],
    };
  const places = `${vantages.agree} of ${vantages.names.length} places see trouble (${vantages.names.join(', ')}), ${vantages.needed} must.`;
  const health01 = score === null ? '' : ` Health ${score.toFixed(2)} of 1.`;
  const whoAnswers = answering.slice(0, 6).join(', ') || 'something';
  if (stage === 'quiet' && since === null)
    return score === null
      ? { is: 'unknown', words: nothing, lines: [`Nobody can say how ${region} is.`] }
      : {
          is: 'well',
          words: `${region} looked healthy: health ${score.toFixed(2)} of 1; answering: ${whoAnswers}`,
          lines: [
            [{ bold: `${region} looks healthy` }, ' at ', { time: at }, `.${health01} Answering: ${whoAnswers}.`],
          ],
        };
  const words = stage === 'quiet' ? 'in trouble, not yet long enough to count' : stage;
  return {
    is: 'down',
    words: `${region} was ${words}`,
    lines: [
      [{ bold: `${region} is ${words}` }, ' since ', { time: since ?? at }, `.${health01} ${places}`],
      ...(failure === null
        ? []
        : [[{ untrusted: `${failure.kind}: ${failure.seen.slice(0, 5).join('; ')}` }] satisfies Line]),
      ...(vantages.agree < vantages.needed ? ['In the newest look it is not seen so any more.'] : []),
    ],
  };
}

const healthOf = (region: string, world: CommandWorld): RegionHealth | null => world.runner.watch.health(region);

/** What declaring means, loud. */
const loud = (region: string): Line[] => [
  [
    `${SIGN.emergency} `,
    { bold: 'This is for a region that is lost.' },
    ` ${region} is given up as it is: nothing is waited for there, and it is fenced as far as it can be reached.`,
  ],
];
/** Of a region that does not serve nothing is moved. */
const standby = (region: string): Line[] => [
  [
    { bold: `${region} does not serve: nothing is moved.` },
    ' It is taken out of what points to it; nothing there is stopped or fenced. Regent watches until it streams again.',
  ],
];
const isStandby = (region: string, world: CommandWorld): boolean =>
  healthOf(region, world)?.database?.role === 'standby';
const NEXT =
  'Your word counts as the first vote of the declaration. Before anything is promoted, people are asked once more.';

type Initial = { to?: string | undefined; reason?: string | undefined };

/** The dialog; without a region it asks for one. */
export function declareForm(world: CommandWorld, region: string | null, initial: Initial): Form {
  const regions = Object.keys(world.runner.system.regions);
  const options = regions.map((one) => ({ value: one, label: one }));
  const targets = options.filter(({ value }) => value !== region);
  const view = region === null ? null : viewOf(region, healthOf(region, world), world.runner.now());
  const seen = region === null ? regions : [region];
  const sure: FormField = {
    id: 'sure',
    label: region === null ? 'Its name again' : `Type ${region} to go on`,
    kind: 'text',
    ...(region === null ? { optional: true } : {}),
    hint: 'Asked for where nobody sees the region down.',
  };
  return {
    id: 'declare',
    title: 'Declare a disaster',
    submit: 'Declare',
    meta: JSON.stringify(region === null ? {} : { region }),
    lines: [
      ...(region !== null && isStandby(region, world) ? standby(region) : loud(region ?? 'The region')),
      ...seen.flatMap((one) => viewOf(one, healthOf(one, world), world.runner.now()).lines),
      ...(region === null || isStandby(region, world) ? [] : meaning(region, world)),
      NEXT,
    ],
    fields: [
      ...(region === null
        ? [{ id: 'from', label: 'Lost', kind: 'choice', options, hint: 'The region that is lost.' } satisfies FormField]
        : []),
      {
        id: 'to',
        label: 'To',
        kind: 'choice',
        options: [{ value: 'auto', label: otherRegion(world) }, ...targets],
        initial: targets.some(({ value }) => value === initial.to) ? initial.to! : 'auto',
      },
      reasonField(initial.reason),
      ...(view?.is === 'down' ? [] : [sure]),
    ],
  };
}

/** What is given up, what others say, who to reach: all of it at hand, as the dialog's trigger lives three seconds. */
function meaning(region: string, world: CommandWorld): Line[] {
  const around = world.around?.of(region);
  return [
    ...givenUp(region, healthOf(region, world)?.database ?? null, around?.loss),
    ...(around === undefined ? [] : aroundLines(around)),
    ...reachLines(world.contacts),
  ];
}

type Problem = { field: string; why: string; refused?: Refused };

/** What is wrong with the target that was named; null where nothing is, or none was. */
function targetProblem(region: string, to: string | undefined, world: CommandWorld): Problem | null {
  if (to === undefined) return null;
  const wrong = regionProblem(to, world);
  if (wrong) return { field: 'to', why: `${wrong} ${NOTHING}` };
  if (to === region)
    return { field: 'to', why: `${region} cannot take over from itself. Name another region with to:. ${NOTHING}` };
  return null;
}

/**
 * Who serves where this region does not: then nothing is moved. What watching has seen suffices: a region that is gone
 * would have to be waited for.
 */
async function servesNot(region: string, to: string | undefined, world: CommandWorld) {
  const { runner } = world;
  const seen = (one: string) => healthOf(one, world)?.database ?? null;
  const fresh = (one: string) => runner.now() - (seen(one)?.at ?? 0) <= FRESH_MS;
  const others = Object.keys(runner.system.regions).filter((one) => one !== region);
  const known = seen(region)?.role === 'primary' && others.every((one) => fresh(one) && seen(one)?.role === 'standby');
  if (known) return null;
  const roles = await runner.rolesNow();
  return servedBy(region, to, roles);
}

export const declare: Command = {
  name: 'declare',
  usage: 'declare <region> [to:<region>] reason:"…" [sure:<region>] [end-watch:<run>]',
  summary: 'Declare a region lost and move away from it without waiting for it.',
  access: 'operate',
  words: 1,
  keys: ['sure', END_WATCH],
  async handle(request, world) {
    const { named, via } = request;
    const refuse = refuser(request, world);
    const active = world.runner.active();
    const region = regionMeant(request);
    if (active && onlyWatched(active.snapshot) === null) {
      // Of the region a planned run is leaving: that run goes on as an emergency.
      const meant = region ?? active.snapshot.context.source;
      if (canGoOn(active) && meant === active.snapshot.context.source) return await goOn(request, world, active);
    }
    const free = await beside(request, world, region);
    if ('reply' in free) return free.reply;
    const { ends } = free;
    const { halt } = world.runner;
    if (halt) return await refuse(`No run is started while this stands. ${NOTHING}`, haltLines({ halt }));
    const no = async ({ field, why, refused = 'input' }: Problem): Promise<Reply> => {
      const reply = await refuse(why, [], refused);
      return via === 'form' ? atField(field, why) : reply;
    };
    const reason = (named['reason'] ?? '').trim();
    const before = request.carried['reason'];
    const initial = { to: named['to'], reason: reason === '' && typeof before === 'string' ? before : reason };
    if (region === null) return { kind: 'form', form: declareForm(world, null, initial) };
    const wrong = regionProblem(region, world);
    if (wrong) return await no({ field: 'from', why: `${wrong} ${NOTHING}` });
    const to = named['to'] === 'auto' ? undefined : named['to'];
    const target = targetProblem(region, to, world);
    if (target) return await no(target);
    const dialog = (): Reply => ({ kind: 'form', form: endingForm(declareForm(world, region, initial), ends, world) });
    if (via !== 'form' && reason === '') return dialog();
    if (reason === '')
      return await no({
        field: 'reason',
        why: `A declaration needs a reason: /dr declare ${region} reason:"…". ${NOTHING}`,
      });
    const sure = (named['sure'] ?? '').trim();
    const view = viewOf(region, healthOf(region, world), world.runner.now());
    if (view.is !== 'down' && sure !== region) {
      // Typed without it: the dialog shows what is seen, and asks for the name.
      if (via !== 'form' && sure === '') return dialog();
      const how = view.is === 'well' ? `${region} looks healthy` : `Nobody can say how ${region} is`;
      const typed = sure === '' ? '' : ` “${sure}” was typed.`;
      return await no({
        field: 'sure',
        why: `${how}. Type its name, ${region}, to declare it all the same.${typed} ${NOTHING}`,
      });
    }
    const served = await servesNot(region, to, world);
    if (served !== null && 'why' in served) return await no(served);
    const byName = view.is === 'down' ? {} : { byName: view.words };
    if (served !== null)
      return await takeOut(request, world, {
        from: region,
        primary: served.primary,
        reason,
        declared: true,
        ends,
        ...byName,
      });
    const choice = await chosen(region, to, 'emergency', world);
    if ('why' in choice) return await no({ field: 'to', refused: 'state', why: `${choice.why} ${NOTHING}` });
    return await begin(request, world, { region, choice, reason, view, byName, ends });
  },
};

/** Whether a run is under way beside it. Which region is meant must be known before a watch is ended over it. */
async function beside(request: Request, world: CommandWorld, region: string | null): ReturnType<typeof wayFree> {
  const active = world.runner.active();
  const isWatched = active !== undefined && onlyWatched(active.snapshot) !== null;
  if (isWatched && (region === null || regionProblem(region, world) !== null)) return { ends: null };
  return await wayFree(request, world, {
    command: 'declare',
    label: `take ${region} out of service`,
    value: { region, reason: (request.named['reason'] ?? '').slice(0, 500) },
    lost: region,
  });
}

/** The one typed, chosen or carried by a button; null where none was named. */
function regionMeant({ words, named, carried }: Request): string | null {
  const { region } = carried;
  const meant = typeof region === 'string' ? region : (words[0] ?? named['from'] ?? '');
  return meant === '' ? null : meant;
}

async function begin(
  request: Request,
  world: CommandWorld,
  {
    region,
    choice,
    reason,
    view,
    byName,
    ends,
  }: { region: string; choice: Choice; reason: string; view: View; byName: { byName?: string }; ends: Ends | null },
): Promise<Reply> {
  const { target, selection } = choice;
  const { person, delivery } = request;
  const begun = await world.runner.beginEmergency(region, target, reason, person, delivery, {
    selection,
    ...byName,
    ends,
  });
  if (!begun.ok) return await notBegun(begun, request, world);
  const { run } = begun.view;
  const link = await world.linkTo(run);
  return say(
    [
      `${SIGN.emergency} `,
      { bold: run },
      `: ${region} is declared lost, ${region} → ${target}. `,
      ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
    ],
    [...view.lines, ...chosenLines(choice), NEXT, ...endedLines(ends)],
  );
}
