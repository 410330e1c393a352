/**
 * Another number of pods for a service of the region that serves. Within bounds, never where a run is moving what
 * serves, and to none at all only by the service's typed name.
 */
import { nearest } from '../lib/nearest.ts';
import { isForward, whereIs } from '../machine/due.ts';
import { mostReplicas } from '../policy/replicas.ts';
import type { Form, Reply } from '../ports/chat.ts';
import type { Workload } from '../ports/cluster.ts';
import type { Scale } from '../runner/scaling.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { reasonField, sureField } from './fields.ts';

const NOTHING = 'Nothing was changed.';

/** The scaling as commands may ask about it. */
export type Scales = {
  /** What it has now; null where the region has no such deployment. @throws IntegrationError when nobody answers */
  now(region: string, service: string): Promise<Workload | null>;
  /** How many of so many more pods find no room; null: nobody can say. */
  withoutRoom(region: string, service: string, replicas: number): Promise<number | null>;
  /** False: this delivery has acted before. */
  ask(scale: Scale, delivery: string): Promise<boolean>;
};

type Meant = { service: string; replicas: number };

/** What was typed or pressed, or the sentence that says what to write instead. */
function meantBy({ words, named, carried }: Request, { runner }: CommandWorld): Meant | string {
  const service = String(carried['service'] ?? named['service'] ?? words[0] ?? '');
  const given = String(carried['replicas'] ?? named['replicas'] ?? words[1] ?? '').trim();
  const names = runner.system.deployments.map(({ name }) => name);
  const known = runner.system.deployments.find(({ name }) => name === service);
  if (known === undefined) {
    const near = nearest(service, names);
    const lead = service === '' ? 'Say which service and how many pods' : `“${service}” is not a service here`;
    return `${lead}: /dr scale <service> <n>.${near ? ` Did you mean ${near}?` : ` Services are ${names.join(', ')}.`} ${NOTHING}`;
  }
  const most = mostReplicas(known);
  if (!/^\d{1,5}$/.test(given) || Number(given) > most)
    return `${given === '' ? 'Say how many pods' : `“${given}” is not a number of pods`} ${service} may have: 0 to ${most} (maxReplicas). ${NOTHING}`;
  return { service, replicas: Number(given) };
}

/** The region that serves, by observation; or why nobody scales anything now. */
async function serving({ runner }: CommandWorld): Promise<{ region: string } | string> {
  if (runner.halt !== null) return `Everything is halted: see /dr status. ${NOTHING}`;
  const active = runner.active();
  const where = active && whereIs(active.snapshot);
  if (active && (where === 'promoting' || !isForward(active.snapshot)))
    return `${active.run} is changing which region serves: scale when that is settled. ${NOTHING}`;
  const roles = await runner.rolesNow();
  const primaries = Object.keys(roles).filter((region) => roles[region] === 'primary');
  if (primaries.length === 1) return { region: primaries[0]! };
  const found =
    primaries.length === 0 ? 'No region answers as the primary' : `${primaries.join(' and ')} both answer as primary`;
  return `${found}: only the region that serves is scaled. ${NOTHING}`;
}

/** What an autoscaler, or the nodes, would make of it. */
async function hindrance(region: string, { service, replicas }: Meant, now: Workload, scales: Scales) {
  const { autoscaler, wanted } = now;
  if (autoscaler && replicas < autoscaler.min)
    return `the autoscaler ${autoscaler.name} keeps at least ${autoscaler.min} pods. Lower its minimum first. ${NOTHING}`;
  if (autoscaler && replicas > autoscaler.max)
    return `the autoscaler ${autoscaler.name} allows at most ${autoscaler.max} pods. Raise its maximum first. ${NOTHING}`;
  const without = replicas > wanted ? await scales.withoutRoom(region, service, replicas) : null;
  if (without !== null && without > 0)
    return `${region} has no room for ${without} of the ${replicas - wanted} more pods. Add nodes first, or ask for fewer. ${NOTHING}`;
  return null;
}

const sureForm = ({ service }: Meant, region: string, reason: string): Form => ({
  id: 'scale',
  title: 'Scale to no pods',
  submit: 'Stop it',
  meta: JSON.stringify({ service, replicas: 0 }),
  lines: [`${region} serves. With no pods ${service} serves nobody there until somebody scales it up again.`],
  fields: [reasonField(reason), sureField(service, 'Its clients get no answer from then on.')],
});

/** Where a card cannot say which service, or how many pods, would help. */
const askForm = ({ runner }: CommandWorld, region: string): Form => ({
  id: 'scale',
  title: 'Scale a service',
  submit: 'Scale',
  meta: '{}',
  lines: [`In ${region}, which serves. Done when its pods are ready; within the bounds of the configuration.`],
  fields: [
    {
      id: 'service',
      label: 'Service',
      kind: 'choice',
      options: runner.system.deployments.map(({ name }) => ({ value: name, label: name })),
    },
    { id: 'replicas', label: 'Pods', kind: 'text', hint: 'How many it is to have: a number.' },
    { id: 'reason', label: 'Reason', kind: 'text', optional: true, hint: 'Everybody will read it.' },
    {
      id: 'sure',
      label: 'Its name again',
      kind: 'text',
      optional: true,
      hint: 'Asked for where it is to have no pods.',
    },
  ],
});

export const scale: Command = {
  name: 'scale',
  usage: 'scale <service> <n> [reason:"…"] [sure:<service>]',
  summary: 'Another number of pods for a service, in the region that serves.',
  access: 'operate',
  words: 2,
  keys: ['sure'],
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { named, via, person, delivery } = request;
    const refuse = refuser(request, world);
    if (request.carried['ask'] === true) {
      const at = await serving(world);
      return typeof at === 'string' ? await refuse(at) : { kind: 'form', form: askForm(world, at.region) };
    }
    const meant = meantBy(request, world);
    if (typeof meant === 'string') {
      const reply = await refuse(meant, [], 'input');
      return via === 'form' ? atField('replicas', meant) : reply;
    }
    const { service, replicas } = meant;
    const at = await serving(world);
    if (typeof at === 'string') return await refuse(at);
    const { region } = at;
    const scales = world.scales!;
    const now = await scales.now(region, service);
    if (now === null) return await refuse(`${region} has no deployment ${service}. ${NOTHING}`);
    const wrong = await hindrance(region, meant, now, scales);
    if (wrong !== null) return await refuse(`${service}: ${wrong}`);
    const reason = (named['reason'] ?? '').trim();
    const sure = (named['sure'] ?? '').trim();
    if (replicas === 0 && sure !== service) {
      if (via !== 'form' && sure === '') return { kind: 'form', form: sureForm(meant, region, reason) };
      const why = `Type its name, ${service}, to scale it to no pods; “${sure}” was typed. ${NOTHING}`;
      const reply = await refuse(why, [], 'input');
      return via === 'form' ? atField('sure', why) : reply;
    }
    const { wanted: from } = now;
    const wish = { service, region, from, to: replicas, by: person, reason: reason === '' ? null : reason };
    if (!(await scales.ask(wish, delivery))) return { kind: 'none' };
    const kept = now.autoscaler ? [`The autoscaler ${now.autoscaler.name} may change it again.`] : [];
    return say(
      `${service} in ${region}: ${from} → ${replicas} pods. Done when they are ready; the channel says so.`,
      kept,
    );
  },
};
