/**
 * A region that only looks dead: everybody is cut off from it, but its Postgres lives and renews its lease. Nothing may
 * be promoted beside it without a person. Only once somebody has switched it off is the risk taken.
 */
import { cutRegion, killRegion } from '../world/disaster.ts';
import * as witness from '../world/witness.ts';
import { decideWhatIsAsked, until } from './emergency-people.ts';
import { detectWithin, goOn, proposed, RUN_WITHIN_MS, SLACK_MS, type Stage, type Story } from './emergency-stage.ts';
import { button, everything } from './play.ts';

const RISK = 'approve:unverified-fence';

export async function outOfSight(stage: Stage): Promise<Story> {
  const { world, from, to, say, stop } = stage;
  let off = false;
  decideWhatIsAsked(stage, () => off || button(world, RISK) === undefined);
  const struckAt = cutRegion(world, from, { leasing: true });
  say(`${from} is out of sight, and lives`);
  const proposedAt = await proposed(stage, detectWithin(stage));
  const seen = { serverRan: false, promotedBeside: true, told: false };
  const weighing = until(() => button(world, RISK) !== undefined, { withinMs: RUN_WITHIN_MS, stop, what: 'the risk' })
    .then(async () => {
      seen.serverRan = world.postgres.node(from).running();
      seen.promotedBeside = stage.promotedAt() !== null;
      seen.told = everything(world).some(({ text }) => text.includes('a server there runs'));
      say(`somebody switches ${from} off`);
      await killRegion(world, from);
      const moved = async () => world.redis === null || (await witness.redisMaster(world)) === to;
      await until(moved, { withinMs: SLACK_MS, stop, what: 'the Sentinels' });
    })
    .finally(() => {
      off = true;
    });
  weighing.catch(() => undefined);
  const end = await goOn(stage);
  const problems = [
    ...(seen.serverRan ? [] : [`Postgres in ${from} was to run when the risk was weighed`]),
    ...(seen.promotedBeside ? [`${to} was promoted beside a Postgres that renews its lease`] : []),
    ...(seen.told ? [] : ['nobody was told that the server renews its lease']),
  ];
  return { struckAt, proposedAt, ...end, seen, problems };
}
