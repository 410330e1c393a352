/**
 * The door of the commands as the program builds it: the real dispatcher, face, ledger and journal, over the world in
 * memory. Ana, Bo and Cy operate; Bo and Cy (group SSRE) approve; Dee is a member, Eve a guest.
 */
import { scalingOf } from '../../src/app/scaling.ts';
import type { CommandWorld } from '../../src/commands/command.ts';
import { dispatcher } from '../../src/commands/dispatch.ts';
import type { KeptFence } from '../../src/commands/release.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { liftingOf } from '../../src/monitor/lifting.ts';
import type { Incoming, Line, Person, Reply } from '../../src/ports/chat.ts';
import { Face } from '../../src/runner/face.ts';
import { Ledger, type NewEvent } from '../../src/runner/ledger.ts';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { failback } from '../../src/steps/runbooks/failback.ts';
import { lostSecondary } from '../../src/steps/runbooks/lost-secondary.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { reprotect } from '../../src/steps/runbooks/reprotect.ts';
import type { FencePlan, System } from '../../src/steps/system.ts';
import { stage } from '../steps/stage.ts';
import { handClock } from '../support/hand-clock.ts';

const PEOPLE: Record<string, Person['kind']> = {
  UANA: 'member',
  UBO: 'member',
  UCY: 'member',
  UDEE: 'member',
  UEVE: 'guest',
  UBOT: 'bot',
  USTR: 'stranger',
  UGONE: 'deactivated',
};

export type Bench = Awaited<ReturnType<typeof bench>>;

export async function bench(
  options: {
    fence?: FencePlan;
    system?: Partial<System>;
    operators?: string[];
    keptFence?: KeptFence;
    onPage?: CommandWorld['onPage'];
    outOfService?: { region: string; run: string; since: number }[];
  } = {},
) {
  const here = await stage(options.fence, options.system);
  const journal = sqliteJournal({ path: ':memory:' });
  const clock = handClock();
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const stop = new AbortController();
  const face = new Face({
    ledger,
    journal,
    clock,
    system: here.system,
    ports: { ...here.ports, clock },
    runbooks: { planned, emergency, failback, 'lost-secondary': lostSecondary, reprotect },
    callMs: 1000,
    stop: stop.signal,
  });
  const broken: unknown[] = [];
  const scaling = scalingOf({
    config: { timings: { poll: 1000, callTimeout: 1000 } } as Parameters<typeof scalingOf>[0]['config'],
    cluster: here.ports.cluster,
    ledger,
    journal,
    clock,
    log: { info() {}, warn() {}, error: (fields) => broken.push(fields) },
    stop: stop.signal,
  });
  const groups: Record<string, string[] | Error> = { SOPS: ['UANA', 'UBO', 'UCY', 'UEVE'], SSRE: ['UBO', 'UCY'] };
  const dispatch = dispatcher({
    runner: face,
    operators: options.operators ?? ['group:SOPS'],
    contacts: here.system.contacts,
    channel: 'C1',
    outOfService: () => options.outOfService ?? [],
    scales: scaling.scales,
    ...(options.keptFence && { fence: options.keptFence }),
    ...(options.onPage && { onPage: options.onPage }),
    lift: liftingOf({
      ports: here.ports,
      system: here.system,
      note: (...args) => ledger.note(...args),
      clock,
      callMs: 1000,
      stop: stop.signal,
    }),
    linkTo: async (run) => `https://chat/${run}`,
    chat: {
      person: async (id) => {
        const kind = PEOPLE[id];
        if (!kind) throw new Error(`nobody knows ${id}`);
        return { id, name: id, kind };
      },
      membersOf: async (group) => {
        const members = groups[group] ?? [];
        if (members instanceof Error) throw members;
        return members;
      },
    },
    groups: ['group:SOPS', 'group:SSRE'],
    onError: (error) => broken.push(error),
    stop: stop.signal,
  });

  let deliveries = 0;
  const next = (): string => `d${++deliveries}`;
  const send = (input: Incoming): Promise<Reply> => dispatch(input);
  const type = (person: string, text: string, delivery = next()) =>
    send({ kind: 'command', text, person, channel: 'C9', delivery });
  const press = (person: string, action: string, value: object | string = {}, delivery = next()) =>
    send({
      kind: 'action',
      action,
      value: typeof value === 'string' ? value : JSON.stringify(value),
      person,
      channel: 'C1',
      delivery,
      posted: { channel: 'C1', ts: '1' },
    });
  const submit = (person: string, form: string, meta: object, fields: Record<string, string>, delivery = next()) =>
    send({ kind: 'form', form, meta: JSON.stringify(meta), fields, person, delivery });

  const append = async (...events: NewEvent[]) => {
    for (const event of events) {
      const done = await ledger.append(ledger.active()!.run, 'runner', event);
      if (!done.ok) throw new Error(`${event.type}: ${done.because}`);
    }
  };
  /** The card's own value, as its button carries it. */
  const card = (gate: string) => {
    const { run, snapshot } = ledger.all().at(-1)!;
    const state = snapshot.context.gates[gate]!;
    return { run, gate, hash: state.hash, round: state.round };
  };
  const open = (gate: string): NewEvent => ({
    type: 'GATE_OPENED',
    gate,
    hash: here.plan.hash,
    deadline: clock.now() + 300_000,
    evidence: {},
  });
  return {
    ...here,
    journal,
    ledger,
    clock,
    face,
    groups,
    broken,
    scaling,
    stop,
    send,
    type,
    press,
    submit,
    append,
    card,
    open,
    /** What was refused, with its reason, from the journal. */
    refused: async () =>
      (await journal.read('system'))
        .filter((row) => row.type === 'REFUSED')
        .map(({ actor, data }) => ({ actor, ...data })),
    /** The run's events so far, by type. */
    events: async () => {
      const run = ledger.all().at(-1)?.run;
      return run === undefined ? [] : (await journal.read(run)).map((row) => row.type);
    },
    context: () => ledger.all().at(-1)!.snapshot.context,
    /** Ana asks, the plan is made and checked, both gates are open. */
    async asked() {
      await type('UANA', 'failover east reason:"maintenance"');
      await append({ type: 'PLANNED', plan: here.plan });
      for (const node of here.plan.nodes)
        if (node.kind === 'step' && ['validating', 'assessing'].includes(node.phase))
          await append({ type: 'STEP_ALREADY_DONE', step: node.id, evidence: {}, summary: null });
      await append(open('promote'), open('dns'));
    },
    async does(...steps: string[]) {
      for (const step of steps) {
        const { attempt = 0 } = ledger.active()!.snapshot.context.steps[step] ?? {};
        await append(
          {
            type: 'STEP_INTENDED',
            step,
            attempt: attempt + 1,
            hash: here.plan.hash,
            before: {},
            requires: {},
            deadline: clock.now(),
          },
          { type: 'STEP_DONE', step, attempt: attempt + 1, evidence: {}, summary: null },
        );
      }
    },
    async finds(...steps: string[]) {
      for (const step of steps) await append({ type: 'STEP_ALREADY_DONE', step, evidence: {}, summary: null });
    },
  };
}

const words = (line: Line): string =>
  [line]
    .flat()
    .map((span) => {
      if (typeof span === 'string') return span;
      return 'link' in span ? `${span.text} <${span.link}>` : String(Object.values(span)[0]);
    })
    .join('');

/** An answer as text: the message's lines, or what kind of answer it is. */
export function said(reply: Reply): string {
  switch (reply.kind) {
    case 'message':
      return [reply.message.title, ...reply.message.lines].map(words).join('\n');
    case 'form':
      return [`(form ${reply.form.id})`, ...reply.form.lines.map(words)].join('\n');
    case 'fieldErrors':
      return Object.entries(reply.errors)
        .map(([field, why]) => `(at ${field}) ${why}`)
        .join('\n');
    case 'none':
      return '(none)';
  }
}
