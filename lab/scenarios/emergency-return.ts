/** The lost region is back as a whole once the run is over: what was owed there must be done, with nobody asked. */
import { healRegion, revivePostgres } from '../world/disaster.ts';
import * as witness from '../world/witness.ts';
import { decideWhatIsAsked, until } from './emergency-people.ts';
import { detectWithin, goOn, proposed, type Stage, type Story, strike } from './emergency-stage.ts';
import { everything } from './play.ts';

/** Steps owed there are done one after the other, each looked at until it is over, ms of real time. */
const SECURED_WITHIN_MS = 90_000;

/** What was ordered there first, and last, stands on the card of its return. */
const isTold = ({ world, from }: Stage): boolean =>
  ['take no more pods', ...(world.nova ? [`every node of ${from} is off`] : [])].every((words) =>
    everything(world).some(({ text }) => text.includes(words)),
  );

const saysFailed = ({ world }: Stage): boolean =>
  everything(world).some(({ text }) => /Done there: .* failed: /.test(text));

/** What the region still has that it must not have, in a sentence each. */
async function unsecured(stage: Stage): Promise<string[]> {
  const { world, from } = stage;
  const up = Object.entries(witness.deployments(world)[from] ?? {}).filter(([, { wanted }]) => wanted > 0);
  const own = world.nova?.shut(from);
  const left: [boolean, string][] = [
    [await witness.acceptsWrites(world, from), `Postgres in ${from} takes writes`],
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

export async function returns(stage: Stage): Promise<Story> {
  const { world, from, say, stop } = stage;
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  const proposedAt = await proposed(stage, detectWithin(stage));
  const end = await goOn(stage);
  const before = await unsecured(stage);
  await revivePostgres(world, from);
  healRegion(world, from);
  const backAt = Date.now();
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
  const securedMs = problems.length === 0 ? Date.now() - backAt : -1;
  return { struckAt, proposedAt, ...end, seen: { securedMs, owedThere: before.length }, problems };
}
