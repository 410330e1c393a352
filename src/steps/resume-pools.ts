import { type Answer, done, type Evidence, notDone, unknown } from '../ports/answer.ts';
import {
  type ByPooler,
  hasPoolers,
  heldBy,
  type Looked,
  lookAt,
  namesOf,
  PAUSES,
  poolersOf,
  silentText,
} from './pooling.ts';
import { defineStep, type Ports, type StepFacts } from './step.ts';
import type { System } from './system.ts';

type Handed = Pick<Ports, 'pooler'> & StepFacts;
type Todo = { pooler: string; resume: string[]; reconnect: string[] };

/** Its host is a name that this run moves itself: until it has, the pooler only finds the region that was left. */
const isMovedByUs = ({ records }: System, host: string | null): boolean =>
  host !== null && records.some(({ name }) => name.replace(/\.$/, '') === host.replace(/\.$/, '').toLowerCase());

/** Whose connections were there when it was first asked, and are neither gone nor about to be. */
function staleIn({ pooler, view }: Looked, before: ByPooler | null): string[] {
  const old = view.connections.filter(({ id, ending }) => !ending && (before === null || before[pooler]?.includes(id)));
  return [...new Set(old.map(({ database }) => database))];
}

/** @param all whether also those whose host this run moves in DNS are let go */
function todoOf(look: Looked, { system, beforeOf }: Handed, id: string, all: boolean): Todo {
  const before = beforeOf(id)?.['connections'] as ByPooler | undefined;
  const waits = (name: string) =>
    !all && isMovedByUs(system, look.view.databases.find((one) => one.name === name)?.host ?? null);
  const resume = heldBy(look, beforeOf(PAUSES)).filter((name) => !waits(name));
  return { pooler: look.pooler, resume, reconnect: [...new Set([...staleIn(look, before ?? null), ...resume])] };
}

async function asked(handed: Handed, id: string, all: boolean): Promise<Answer> {
  const { pooler, system, source, target, mode, signal } = handed;
  const { seen, silent } = await lookAt(pooler, poolersOf(system, [source, target]), signal);
  const todo = seen.map((look) => todoOf(look, handed, id, all));
  const connections = Object.fromEntries(
    seen.map(({ pooler: name, view }) => [name, view.connections.map((one) => one.id)]),
  );
  const evidence: Evidence = { connections, silent: silent.map((one) => one.pooler) };
  const lacking = todo.filter(({ resume, reconnect }) => resume.length + reconnect.length > 0);
  // Who answers is seen to now, whatever the others do.
  if (lacking.length > 0) {
    const held = lacking.filter(({ resume }) => resume.length > 0).map((one) => ({ ...one, databases: one.resume }));
    const old = lacking
      .filter(({ resume }) => resume.length === 0)
      .map((one) => ({ ...one, databases: one.reconnect }));
    const words = [
      ...(held.length === 0 ? [] : [`RECONNECT and RESUME ${namesOf(held)}`]),
      ...(old.length === 0 ? [] : [`RECONNECT ${namesOf(old)}`]),
    ];
    return notDone([...words, ...(silent.length === 0 ? [] : [silentText(silent)])].join('; '), evidence);
  }
  const gone = silent.map((one) => one.pooler);
  const lost = poolersOf(system, [source]);
  // For a region that was given up nothing waits: its poolers are seen to when they answer.
  if (silent.length > 0 && !(mode === 'emergency' && gone.every((name) => lost.includes(name))))
    return unknown(silentText(silent), evidence);
  const waiting = seen.filter((look) => heldBy(look, handed.beforeOf(PAUSES)).length > 0);
  const words = [
    ...(seen.length === 0
      ? []
      : [`${seen.length} ${seen.length === 1 ? 'pooler' : 'poolers'}: no connection from before is kept`]),
    ...(waiting.length === 0 ? [] : [`${waiting.map((one) => one.pooler).join(', ')} waits for DNS`]),
    ...(gone.length === 0 ? [] : [`${gone.join(', ')} of ${handed.source} does not answer: nothing waits for it`]),
  ];
  return done(evidence, words.join('; '));
}

async function sent(handed: Handed, id: string, all: boolean): Promise<undefined> {
  const { pooler, system, source, target, signal } = handed;
  const { seen } = await lookAt(pooler, poolersOf(system, [source, target]), signal);
  const came = await Promise.allSettled(
    seen
      .map((look) => todoOf(look, handed, id, all))
      .filter(({ reconnect }) => reconnect.length > 0)
      .map(async (one) => {
        // A pooler that will not reconnect lets its clients go all the same.
        const [old] = await Promise.allSettled([pooler.reconnect(one.pooler, one.reconnect, signal)]);
        if (one.resume.length > 0) await pooler.resume(one.pooler, one.resume, signal);
        if (old.status === 'rejected') throw old.reason;
      }),
  );
  for (const one of came) if (one.status === 'rejected') throw one.reason;
  return undefined;
}

const WHEN_SILENT =
  'It does not hold the run: a pooler that does not answer is said, and asked again at the end of the run. Where it still runs, type `RESUME` into its console (docs/pooler.md).';

/** What waits is let go as soon as there is a server that takes writes, and no connection leads to the old one. */
export const resumePools = defineStep({
  id: 'resume-pools',
  title: 'Let clients at the poolers go on in {target}',
  about: {
    does: 'Sends `RECONNECT`, then `RESUME` where clients were held back, to every PgBouncer of {source} and {target}: connections to a server are closed as soon as they are free, and new ones look its address up again. Where a pooler leads to is your own business: a name, or your own step before this one. One whose host is a name Regent moves itself goes on waiting until it has. Only where poolers are configured.',
    asks: 'Reads each console. Done when nothing this run paused is paused, and no connection is left from before, but for those that end with the transaction in them. In an emergency no pooler of {source} is waited for.',
    whenItStops: [
      WHEN_SILENT,
      'Clients get errors afterwards: `SHOW DATABASES` says where the pooler leads to. Lead it to {target}, then `RECONNECT`.',
    ],
  },
  phase: 'promoting',
  after: ['prove-target-writable'],
  repeat: 'idempotent',
  budgetMs: 15_000,
  callMs: 10_000,
  onFailure: 'continue',
  uses: ['pooler'],
  when: hasPoolers,
  check: (handed) => asked(handed, 'resume-pools', false),
  run: (handed) => sent(handed, 'resume-pools', false),
  undo: async () => ({ untouched: true }),
});

/** What was looked up before DNS moved leads to the region that was left. */
export const reconnectPools = defineStep({
  id: 'reconnect-pools',
  title: 'Have the poolers look {target} up again',
  about: {
    does: 'Sends `RECONNECT` to every PgBouncer once DNS has moved, and `RESUME` to those that waited for it. PgBouncer keeps an address it has looked up for `dns_max_ttl` (15 s unless you set it): what goes to {source} until then is refused there. Only where poolers are configured.',
    asks: 'As when clients were let go: no connection from before, and nothing this run paused.',
    whenItStops: [WHEN_SILENT],
  },
  phase: 'verifying',
  after: ['dns-answers'],
  repeat: 'idempotent',
  budgetMs: 30_000,
  callMs: 15_000,
  onFailure: 'continue',
  uses: ['pooler'],
  when: hasPoolers,
  check: (handed) => asked(handed, 'reconnect-pools', true),
  run: (handed) => sent(handed, 'reconnect-pools', true),
  undo: async () => ({ untouched: true }),
});
