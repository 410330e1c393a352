import type { Json } from '../lib/json.ts';
import { whereIs } from '../machine/due.ts';
import { haltLines } from '../messages/halt.ts';
import { inRecovery, recoveryLine } from '../messages/recovery.ts';
import { unprotectedLine } from '../messages/reprotection.ts';
import { type Scene, SIGN } from '../messages/scene.ts';
import { status as statusMessage } from '../messages/status.ts';
import { usualTimes } from '../policy/estimate.ts';
import type { Line } from '../ports/chat.ts';
import { metricsOf } from '../report/metrics.ts';
import { type Command, type CommandWorld, refuser, runOf, say } from './command.ts';
import { dataOf as recoveryData } from './recovery.ts';

export const status: Command = {
  name: 'status',
  usage: 'status [detail]',
  words: 1,
  summary: 'How it stands, for everybody; `detail` for operators.',
  access: 'read',
  async handle(request, world) {
    const [word] = request.words;
    if (word !== undefined && word !== 'detail')
      return await refuser(request, world)(`“${word}” is not a kind of status: /dr status, or /dr status detail.`);
    const view = runOf(request, world) ?? world.runner.last();
    if (!view) {
      const roles = await world.runner.rolesNow();
      const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
      return say(
        `Nothing is being moved. ${primary ? `${primary} is primary.` : 'No region answers as primary right now.'}`,
        [
          ...haltLines({ halt: world.runner.halt }),
          ...bareLines(world),
          ...outLines(world),
          ...Object.entries(roles).map(([region, role]) => `${region}: ${role}`),
        ],
      );
    }
    const scene = {
      c: view.snapshot.context,
      where: whereIs(view.snapshot),
      now: world.runner.now(),
      facts: {},
      contacts: world.contacts,
      usual: usualTimes(world.runner.all().map((one) => one.snapshot.context)),
      wayBack: world.wayBack?.(view) ?? null,
      halt: view.snapshot.context.endedAt === null ? world.runner.halt : null,
    };
    const detail = word === 'detail' || request.via === 'action';
    const shown = statusMessage(scene, detail, await world.linkTo(view.run));
    const message = {
      ...shown,
      lines: [...bareLines(world), ...shown.lines, ...outLines(world), ...recoveryLines(world)],
    };
    return {
      kind: 'message',
      message,
      data: {
        ...dataOf(scene),
        unprotectedSince: world.unprotected?.()?.since ?? null,
        recovery: inRecovery(world.runner.all().map((one) => one.snapshot.context)).map(recoveryData),
      },
    };
  },
};

/** Nothing to fall back on: before anything else. */
function bareLines(world: CommandWorld): Line[] {
  const unprotected = world.unprotected?.() ?? null;
  return unprotected === null ? [] : [unprotectedLine(unprotected)];
}

/** What was taken out of service and does not follow yet: the system has less to fall back on. */
const outLines = (world: CommandWorld): Line[] =>
  (world.outOfService?.() ?? []).map(({ region, run, since }) => [
    `${SIGN.refused} `,
    { bold: `${region} is out of service` },
    ' since ',
    { time: since },
    ` (${run}): it does not stream yet.`,
  ]);

/** What is left to do in regions that were lost, until all of it is ticked off. */
const recoveryLines = ({ runner }: CommandWorld): Line[] =>
  inRecovery(runner.all().map(({ snapshot }) => snapshot.context)).map((c) => recoveryLine(c, runner.now()));

/** Lengths in ms, moments in ms since the epoch; null is what nobody knows. */
const dataOf = ({ c, where }: Pick<Scene, 'c' | 'where'>): { [key: string]: Json } => ({
  run: c.run,
  runbook: c.runbook,
  mode: c.mode,
  source: c.source,
  target: c.target,
  phase: where,
  held: c.holds.length > 0,
  requestedAt: c.requestedAt,
  endedAt: c.endedAt,
  ...metricsOf(c),
});
