/** The lost region is back as a whole once the run is over: what was owed there must be done, with nobody asked. */
import { healRegion, revivePostgres, reviveRedis } from '../world/disaster.ts';
import { redisNodes } from '../world/redis-witness.ts';
import * as witness from '../world/witness.ts';
import { decideWhatIsAsked, until } from './emergency-people.ts';
import { detectWithin, goOn, proposed, type Stage, type Story, strike } from './emergency-stage.ts';
import { everything } from './play.ts';

/** Steps owed there are done one after the other, each looked at until it is over, ms of real time. */
export const SECURED_WITHIN_MS = 90_000;

/** What was ordered there first, and last, stands on the card of its return. */
const isTold = ({ world, from }: Stage): boolean =>
  ['take no more pods', ...(world.nova ? [`every node of ${from} is off`] : [])].every((words) =>
    everything(world).some(({ text }) => text.includes(words)),
  );

const saysFailed = ({ world }: Stage): boolean =>
  everything(world).some(({ text }) => /Done there: .* failed: /.test(text));

/** What the region still has that it must not have, in a sentence each. */
export async function unsecured(stage: Stage): Promise<string[]> {
  const { world, from } = stage;
  const up = Object.entries(witness.deployments(world)[from] ?? {}).filter(([, { wanted }]) => wanted > 0);
  const own = world.nova?.shut(from);
  const left: [boolean, string][] = [
    [await witness.acceptsWrites(world, from), `Postgres in ${from} takes writes`],
    [await redisWrites(stage), `Redis in ${from} takes writes`],
    [up.length > 0, `${up.map(([name]) => name).join(', ')} in ${from} are wanted`],
    [
      world.clusters[from]!.get('networkpolicies', 'regent-fence') === undefined,
      `no policy cuts the pods of ${from} off`,
    ],
    [own?.firewall === 'open', `the firewall of ${from} is open`],
    [own?.storage === 'granted', `${from} may write to shared storage`],
    [(own?.nodesOn ?? 0) > 0, `${own?.nodesOn} nodes of ${from} are on`],
    [!isTold(stage), `nobody was told what was done in ${from}`],
    [saysFailed(stage), `something failed there: its card says what`],
  ];
  return left.flatMap(([holds, words]) => (holds ? [words] : []));
}

/** Whether the Redis that came back takes writes beside the new master. */
const redisWrites = async ({ world, from }: Stage): Promise<boolean> =>
  (await redisNodes(world))?.some(({ region, writable }) => region === from && writable) ?? false;

/** For how long Redis there has taken writes since it could be reached, ms; -1: it still does. */
async function redisFencedAfter(stage: Stage): Promise<number> {
  const since = Date.now();
  while (await redisWrites(stage)) if (Date.now() - since > SECURED_WITHIN_MS || stage.stop.aborted) return -1;
  return Date.now() - since;
}

export async function returns(stage: Stage): Promise<Story> {
  const { world, from, say, stop } = stage;
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  const end = await goOn(stage);
  const before = await unsecured(stage);
  await Promise.all([revivePostgres(world, from), reviveRedis(world, from)]);
  const second = await redisWrites(stage);
  healRegion(world, from);
  const backAt = Date.now();
  const redisClosed = redisFencedAfter(stage);
  say(`${from} is back, with all that is in it`);
  const problems: string[] = await until(async () => (await unsecured(stage)).length === 0, {
    withinMs: SECURED_WITHIN_MS,
    stop,
    what: `${from} to be secured`,
  }).then(
    () => [],
    async (error: Error) => [error.message, ...(await unsecured(stage))],
  );
  // Were it so before, this would have shown nothing.
  if (before.length === 0) problems.push(`${from} was secured before it was back`);
  const redisWritableMs = await redisClosed;
  if (world.redis !== null && !second) problems.push(`Redis in ${from} did not come back as a second master`);
  if (redisWritableMs < 0) problems.push(`Redis in ${from} still takes writes`);
  const securedMs = problems.length === 0 ? Date.now() - backAt : -1;
  return { struckAt, proposedAt, ...end, seen: { securedMs, owedThere: before.length, redisWritableMs }, problems };
}
