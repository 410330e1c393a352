/**
 * `lab run watched`: moved as planned, and while the new region is only watched it dies. Ana declares it lost from the
 * card, and the run that watches ends with that: one goes on to its end, the other has said why it was cut short. With
 * `--fault goes-home` nothing dies: Cy presses what the watch offers, and it goes back.
 */
import { killRegion } from '../world/disaster.ts';
import { readJournal } from '../world/journal.ts';
import { ANA, CY } from '../world/people.ts';
import { startRegent } from '../world/regent.ts';
import * as witness from '../world/witness.ts';
import { startWorld, type Transport, type World } from '../world/world.ts';
import { startWriter } from '../writer/writer.ts';
import { decideWhatIsAsked, declare, ending, headlines, isProposed, until } from './emergency-people.ts';
import { RUN_WITHIN_MS } from './emergency-stage.ts';
import { channelOf, type Ending, endings, everything, transcript, waiveWhenever } from './play.ts';

export const WATCHED_FAULTS = {
  'goes-home': 'Nothing dies: somebody presses “Go back to …” while the new region is watched.',
} as const;
export type WatchedFault = keyof typeof WATCHED_FAULTS;

export type WatchedOptions = {
  fault: WatchedFault | null;
  pace: number;
  transport?: Transport;
  say: (line: string) => void;
  transcript: boolean;
  stop: AbortSignal;
};

const WRITES_EACH = 300;
const PROPOSED_WITHIN_MS = 60_000;
const DIALOG_WITHIN_MS = 5000;
const REASON = 'the new region is gone as well';

export type WatchedReport = {
  scenario: 'watched';
  fault: WatchedFault | null;
  pace: number;
  from: string;
  to: string;
  /** Of the run that was declared. */
  outcome: Ending['outcome'];
  said: string;
  /** What ended the watch of the first run, by its record; whether its headline says so too. */
  cut: Record<string, unknown> | null;
  headlineSays: boolean;
  /** Events between the end of the watch and the beginning of the next run, by the journal: 0 in one go. */
  between: number | null;
  databasePrimary: string | null;
  /** Acknowledged, and not in the final primary. */
  lost: number;
  journal: { verified: boolean };
  problems: string[];
};

export async function watched(options: WatchedOptions): Promise<{ report: WatchedReport; ok: boolean }> {
  const { pace, transport = 'socket', say, stop } = options;
  const disaster = { trigger: 'propose', onTimeout: 'escalate' } as const;
  const world = await startWorld({ pace, latencyMs: 0, softFence: false, transport, disaster, say });
  const regent = await startRegent(world);
  const over = new AbortController();
  const acting = { world, say, stop: AbortSignal.any([over.signal, stop]) };
  const [from, to] = world.regions;
  const writer = startWriter({ url: world.product.writerUrl, lookup: world.resolver.lookup, everyMs: 20, clients: 4 });
  const writes = async (): Promise<void> => {
    const wanted = writer.acknowledged + WRITES_EACH;
    await until(() => writer.acknowledged >= wanted, { withinMs: 60_000, stop, what: 'the writer' });
  };
  try {
    await writes();
    decideWhatIsAsked({ ...acting, decide: 'everything' });
    waiveWhenever(world, ANA, acting.stop, say);
    const command = `/dr failover ${from} reason:"maintenance"`;
    say(`${ANA} types ${command}`);
    await world.slack.command(ANA, channelOf(world), command);
    const isWatched = () => everything(world).some(({ text }) => text.includes(`Watching ${to} until`));
    await until(isWatched, { withinMs: RUN_WITHIN_MS, stop, what: 'the watch' });
    const refused = options.fault === 'goes-home' ? await goHome(acting) : await loses(acting, to);
    const isNext = ({ said }: Ending): boolean => said.includes(`${to} → ${from}`);
    const ended = () => endings(world).findIndex(isNext);
    let end: Ending = { outcome: 'notStarted', heldAt: null, said: refused ?? '' };
    if (refused === null) {
      await until(() => endings(world).length > 0, { withinMs: RUN_WITHIN_MS, stop, what: 'the end of the first run' });
      if (ended() === -1) end = await ending(acting, endings(world).length, RUN_WITHIN_MS);
      end = endings(world)[ended()] ?? end;
    }
    over.abort();
    say(`it ended: ${end.outcome}`);
    if (end.outcome === 'completed') await writes();
    if (options.transcript) say(`\n${transcript(world)}\n`);
    const headline = JSON.stringify(headlines(world)[0]?.blocks ?? []);
    await writer.stop();
    await regent.stop();

    // From here on Regent is gone: what follows is asked of the servers, and of the journal it left.
    const { events, verified } = readJournal(world.regent.journal);
    const cutAt = events.findIndex(({ type }) => type === 'WATCH_ENDED');
    const nextAt = events.findLastIndex(({ type }) => type === 'REQUESTED');
    const databasePrimary = await witness.databasePrimary(world);
    const ids = await witness.missingIds(world, databasePrimary ?? from, writer.acknowledgedIds);
    const report: WatchedReport = {
      scenario: 'watched',
      fault: options.fault,
      pace,
      from,
      to,
      outcome: end.outcome,
      said: end.said,
      cut: events[cutAt]?.data ?? null,
      headlineSays: /Committed early|The watch was ended/.test(headline),
      between: cutAt === -1 ? null : nextAt - cutAt - 1,
      databasePrimary,
      lost: new Set([...ids.database, ...ids.cache]).size,
      journal: { verified },
      problems: [],
    };
    report.problems = problemsOf(report);
    for (const problem of report.problems) say(`✖ ${problem}`);
    return { report, ok: report.problems.length === 0 };
  } finally {
    over.abort();
    await writer.stop();
    if (regent.running()) await regent.kill();
    await world.close();
  }
}

type Acting = { world: World; say: (line: string) => void; stop: AbortSignal };

/** The region dies, and Ana declares it lost. null: a run has begun; else what she was told. */
async function loses(acting: Acting, region: string): Promise<string | null> {
  const { world, say, stop } = acting;
  await killRegion(world, region);
  say(`${region} is gone`);
  await until(() => isProposed(world), { withinMs: PROPOSED_WITHIN_MS, stop, what: 'the proposal' });
  return await declare(acting, region, REASON);
}

/** Cy presses what the watch offers, and sends the dialog as it opens. */
async function goHome({ world, say, stop }: Acting): Promise<string | null> {
  const before = headlines(world).length;
  const offer = () =>
    everything(world)
      .flatMap((message) => message.elements.map((element) => ({ message, element })))
      .find(({ element }) => element.actionId.startsWith('failback'));
  await until(() => offer() !== undefined, { withinMs: PROPOSED_WITHIN_MS, stop, what: 'the way back' });
  const { message, element } = offer()!;
  say(`${CY} presses “${element.text}”`);
  const { channel, ts } = message;
  const pressed = await world.slack.click(CY, { channel, ts, actionId: element.actionId });
  const dialog =
    pressed.openedView ?? (await world.slack.until(() => world.slack.views(CY).at(-1), DIALOG_WITHIN_MS, 'the dialog'));
  say(`${CY} sends “${dialog.title}”`);
  const reason = dialog.inputs.map(({ blockId }): [string, string] => [blockId, 'home again']);
  const result = await world.slack.submitView(CY, dialog.id, Object.fromEntries(reason));
  if (result.error || result.errors) return result.error ?? Object.values(result.errors ?? {}).join(' ');
  await until(() => headlines(world).length > before, { withinMs: PROPOSED_WITHIN_MS, stop, what: 'the headline' });
  return null;
}

function problemsOf({
  fault,
  from,
  to,
  outcome,
  said,
  lost,
  cut,
  headlineSays,
  between,
  databasePrimary,
  journal,
}: WatchedReport) {
  const wanted: [boolean, string][] = [
    [outcome === 'completed', `the run out of ${to} was to be completed: ${outcome} (${said})`],
    [
      cut?.['lost'] === (fault === null ? to : null),
      `the journal says of the end of the watch: ${JSON.stringify(cut)}, not what ended it`,
    ],
    [fault === null || lost === 0, `${lost} acknowledged writes are not in ${from}`],
    [between === 0, `the end of the watch and the next run are not one: ${between} events between them`],
    [headlineSays, 'the headline of the first run does not say what ended it'],
    [databasePrimary === from, `Postgres takes writes in ${databasePrimary}, not in ${from}`],
    [journal.verified, 'the chain of the journal does not hold'],
  ];
  return wanted.flatMap(([holds, words]) => (holds ? [] : [words]));
}
