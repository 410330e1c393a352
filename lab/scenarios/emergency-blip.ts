/** A region that is cut off for a while and returns as it was: what `--blip` seconds decide. */
import { cutRegion, healRegion } from '../world/disaster.ts';
import { ANA } from '../world/people.ts';
import { declare, ending, headlines, isProposed, until } from './emergency-people.ts';
import {
  CUT_FOR_MS,
  NOT_STARTED,
  paced,
  REASON,
  RECOVER_FOR_MS,
  RUN_WITHIN_MS,
  SLACK_MS,
  type Stage,
  type Story,
} from './emergency-stage.ts';
import { channelOf } from './play.ts';

/**
 * The region is cut for a while and returns. Shorter than what counts as failed: it is proposed, and withdrawn. Longer:
 * a run starts, by Ana or by itself; nobody approves its promotion, and it is ended when the region is back.
 */
export async function blip(stage: Stage): Promise<Story> {
  const { world, from, trigger, blipMs, writer, say, stop } = stage;
  const struckAt = cutRegion(world, from);
  say(`${from} is cut off`);
  const healAt = struckAt + paced(stage, blipMs);
  const declareAt = struckAt + paced(stage, CUT_FOR_MS);
  let proposedAt: number | null = null;
  let declared: Promise<string | null> | null = null;
  await until(
    () => {
      if (proposedAt === null && isProposed(world)) proposedAt = Date.now();
      // Whoever is on the phone with the provider waits for a minute; a region that is back by then is no disaster.
      if (trigger === 'propose' && declared === null && Date.now() >= declareAt)
        declared = declare(stage, from, REASON);
      return Date.now() >= healAt;
    },
    { withinMs: blipMs + SLACK_MS, stop, what: 'the cut to end' },
  );
  healRegion(world, from);
  say(`${from} can be reached again`);
  const refused = await (declared ?? Promise.resolve('not declared'));
  const runs = () => headlines(world).length;
  const served = { withinMs: SLACK_MS, stop, what: `writes in ${from}` };
  await until(() => writer.recent().some(({ ok, at }) => ok && at > healAt), served);

  if (blipMs >= CUT_FOR_MS) {
    const started = refused === null || runs() > 0;
    const problems = started ? [] : [`the region was gone for ${blipMs / 1000} s, and no run was started`];
    if (!started) return { ending: NOT_STARTED, struckAt, proposedAt, endedAt: null, seen: { started }, problems };
    const command = '/dr abort reason:"the region answers again"';
    say(`${ANA} types ${command}`);
    await world.slack.command(ANA, channelOf(world), command);
    const last = await ending(stage, 0, RUN_WITHIN_MS);
    return { ending: last, struckAt, proposedAt, endedAt: Date.now(), seen: { started }, problems };
  }
  const withdrawnWithin = paced(stage, RECOVER_FOR_MS) + SLACK_MS;
  const withdrawn = await until(() => !isProposed(world), { withinMs: withdrawnWithin, stop, what: 'it' }).then(
    () => true,
    () => false,
  );
  const problems = [
    ...(proposedAt === null ? ['a region that was cut off was not proposed'] : []),
    ...(withdrawn ? [] : ['the proposal was not withdrawn when the region was back']),
    ...(runs() === 0 ? [] : [`a run was started for a region that was back after ${blipMs / 1000} s`]),
  ];
  const outcome = runs() === 0 ? NOT_STARTED : { ...NOT_STARTED, outcome: 'failed' as const };
  return {
    ending: outcome,
    struckAt,
    proposedAt,
    endedAt: null,
    seen: { proposed: proposedAt !== null, withdrawn: proposedAt !== null && withdrawn },
    problems,
  };
}
