/**
 * What happens in an emergency, by name: a region that dies, and `--fault NAME`. Each is done to the world, never to
 * Regent; where nothing may happen, the same story goes on to what must happen.
 */
import { healBot, isolateBot, revivePostgres } from '../world/disaster.ts';
import * as witness from '../world/witness.ts';
import { blip } from './emergency-blip.ts';
import { outOfSight } from './emergency-out-of-sight.ts';
import { decideWhatIsAsked, headlines, isProposed, until } from './emergency-people.ts';
import { returns } from './emergency-return.ts';
import {
  CONFIRM_AFTER_MS,
  CUT_FOR_MS,
  detectWithin,
  goOn,
  NOT_STARTED,
  paced,
  proposed,
  RECOVER_FOR_MS,
  RUN_WITHIN_MS,
  SLACK_MS,
  type Stage,
  type Story,
  strike,
} from './emergency-stage.ts';
import { button, type Ending, everything } from './play.ts';
import { sourceDies } from './source-dies.ts';

/** The region dies; people do what they are asked. */
async function death(stage: Stage): Promise<Story> {
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  return { struckAt, proposedAt, ...(await goOn(stage)), seen: {}, problems: [] };
}

/** As death, and Postgres is back, writable, before its standby is promoted. */
async function zombie(stage: Stage): Promise<Story> {
  const { world, from, say, stop } = stage;
  let risenAt: number | null = null;
  decideWhatIsAsked(stage, () => risenAt !== null);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  const rising = until(() => button(world, 'approve:promote') !== undefined, {
    withinMs: RUN_WITHIN_MS,
    stop,
    what: 'the promotion card',
  })
    .then(() => revivePostgres(world, from))
    .then((at) => {
      risenAt = at;
      say(`Postgres in ${from} is back and takes writes`);
    });
  // Where no card comes the run's own end says why.
  rising.catch(() => undefined);
  const end = await goOn(stage);
  const problems = risenAt === null ? [`Postgres in ${from} did not come back in the middle of the run`] : [];
  return { struckAt, proposedAt, ...end, seen: { zombieBeforePromotion: risenAt !== null }, problems };
}

/** As death, and Postgres is back, writable, just after its standby was promoted: it must be fenced as soon as seen. */
async function zombieLate(stage: Stage): Promise<Story> {
  const { world, from, say, stop } = stage;
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  const rising = until(() => stage.promotedAt() !== null, { withinMs: RUN_WITHIN_MS, stop, what: 'the promotion' })
    .then(() => revivePostgres(world, from))
    .then(async (risenAt) => {
      say(`Postgres in ${from} is back and takes writes`);
      await until(async () => !(await witness.acceptsWrites(world, from)), {
        withinMs: SLACK_MS,
        stop,
        what: `Postgres in ${from} to be fenced again`,
      });
      return Date.now() - risenAt;
    });
  rising.catch(() => undefined);
  const end = await goOn(stage);
  const fenced = await rising.catch((error: Error) => error);
  const told = everything(world).some((message) => /:zombie(:|$)/.test(String(message.metadata?.event_payload['key'])));
  const problems = [
    ...(fenced instanceof Error ? [fenced.message] : []),
    ...(told ? [] : [`nobody was told that Postgres in ${from} had come back`]),
  ];
  const zombieWritableMs = fenced instanceof Error ? -1 : fenced;
  return { struckAt, proposedAt, ...end, seen: { zombieWritableMs, told }, problems };
}

/** The witness dies with the region: one of three is no majority. Back again, it goes on. */
async function quorumLost(stage: Stage): Promise<Story> {
  const { world, say, stop } = stage;
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  await world.witness!.stop();
  say('the witness region is gone too');
  const first = await goOn(stage);
  const told = first.ending.said.includes('no quorum');
  const { outcome, said } = first.ending;
  const problems = [
    ...(outcome === 'aborted' ? [] : [`without a quorum the run was to be aborted: ${outcome} (${said})`]),
    ...(told ? [] : ['nobody was told about the quorum']),
    ...(stage.promotedAt() === null ? [] : ['a standby was promoted without a quorum']),
  ];
  await world.witness!.start();
  say('the witness region is back');
  const isBack = () => everything(world).some(({ text }) => text.includes(`${world.witness!.name} answers again`));
  await until(isBack, { withinMs: paced(stage, RECOVER_FOR_MS) + SLACK_MS, stop, what: 'the witness to be seen' });
  // The trigger waits for its cool-down after a run: now it is people's turn, whoever began the first one.
  const end = await goOn({ ...stage, trigger: 'propose' });
  const { ending: afterwards, endedAt } = end;
  if (afterwards.outcome !== 'completed')
    problems.push(`with the witness back it was to be completed: ${afterwards.outcome} (${afterwards.said})`);
  return { ending: first.ending, afterwards, struckAt, proposedAt, endedAt, seen: { told }, problems };
}

/** The bot alone is cut off, and while it is, the region dies: it may propose nothing before it sees something again. */
async function isolatedBot(stage: Stage): Promise<Story> {
  const { world, say, stop } = stage;
  isolateBot(world);
  say('the bot is cut off from everything but Slack');
  const struckAt = await strike(stage);
  const quietUntil = Date.now() + paced(stage, CUT_FOR_MS + CONFIRM_AFTER_MS) + 3000;
  const proposedAlone = () => isProposed(world) || headlines(world).length > 0;
  await until(() => proposedAlone() || Date.now() > quietUntil, {
    withinMs: RUN_WITHIN_MS,
    stop,
    what: 'time to pass',
  });
  const whileAlone = proposedAlone();
  healBot(world);
  say('the bot sees again');
  const proposedAt = whileAlone ? null : await proposed(stage, detectWithin(stage));
  const problems = [
    ...(whileAlone ? ['a disaster was proposed by a bot that was cut off itself'] : []),
    ...(whileAlone || proposedAt !== null ? [] : ['no disaster was proposed when the bot saw again']),
  ];
  const seen = { proposedWhileAlone: whileAlone, proposedAfterwards: proposedAt !== null };
  return { ending: NOT_STARTED, struckAt, proposedAt, endedAt: null, seen, problems };
}

export const STORIES = {
  blip43: blip,
  'isolated-bot': isolatedBot,
  'quorum-lost': quorumLost,
  'source-dies': sourceDies,
  zombie,
  'zombie-late': zombieLate,
  returns,
  'out-of-sight': outOfSight,
} satisfies Record<string, (stage: Stage) => Promise<Story>>;
export type EmergencyFault = keyof typeof STORIES;

export const play = (fault: EmergencyFault | null, stage: Stage): Promise<Story> =>
  fault === null ? death(stage) : STORIES[fault](stage);

/** What the world must look like afterwards. */
export type Expected = {
  outcomes: Ending['outcome'][];
  promotions: number;
  dnsBatches: number;
  /** Where nothing may change, nothing may be sent to a cluster either. */
  untouched: boolean;
  /** The rogue writes into a region that came back before anybody could see it. */
  zombieWrites: boolean;
};

export function expected(fault: EmergencyFault | null, blipMs: number): Expected {
  const done = {
    promotions: 1,
    dnsBatches: 1,
    untouched: false,
    zombieWrites: fault === 'zombie-late' || fault === 'returns',
  };
  const nothing = { promotions: 0, dnsBatches: 0, untouched: true, zombieWrites: false };
  if (fault === 'isolated-bot') return { ...nothing, outcomes: ['notStarted'] };
  if (fault === 'quorum-lost') return { ...done, outcomes: ['aborted'] };
  if (fault !== 'blip43') return { ...done, outcomes: ['completed'] };
  return blipMs < CUT_FOR_MS
    ? { ...nothing, outcomes: ['notStarted'] }
    : { ...nothing, untouched: false, outcomes: ['aborted', 'rolledBack'] };
}
