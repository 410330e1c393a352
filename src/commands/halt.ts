/** Stopping every new effect of any run at once, and lifting that: two different people, each with a reason. */
import { haltLines, PEOPLE_TO_LIFT } from '../messages/halt.ts';
import type { Form, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { reasonField } from './fields.ts';

const NO_HALT = 'Nothing is halted: there is nothing to lift.';

const form = (lift: boolean): Form => ({
  id: 'halt',
  title: lift ? 'Lift the halt' : 'Halt everything',
  submit: lift ? 'Lift' : 'Halt',
  meta: JSON.stringify({ lift }),
  lines: lift
    ? ['It takes two different people. Once both have said so, what waited goes on by itself.']
    : ['Nothing new is sent, for any run. What has been sent goes on and is observed.'],
  fields: [reasonField('', 'Why')],
});

async function doHalt(request: Request, world: CommandWorld, reason: string): Promise<Reply> {
  const refuse = refuser(request, world);
  const { halt } = world.runner;
  if (halt) return await refuse('It is halted already.', haltLines({ halt }));
  if (reason === '') return await missing(request, world, false);
  const done = await world.runner.halting.halt(request.person, reason, request.delivery);
  if (done.ok)
    return say('Halted: nothing new is sent, for any run. What has been sent goes on and is observed.', [
      `${PEOPLE_TO_LIFT} people lift it, you may be one of them: /dr halt lift reason:"…".`,
    ]);
  return done.because === 'duplicate' ? { kind: 'none' } : await refuse('It is halted already.');
}

async function doLift(request: Request, world: CommandWorld, reason: string): Promise<Reply> {
  const refuse = refuser(request, world);
  const { halt } = world.runner;
  if (!halt) return await refuse(NO_HALT);
  if (halt.asked.some(({ by }) => by === request.person))
    return await refuse('You are counted already: somebody else is needed.');
  if (reason === '') return await missing(request, world, true);
  const done = await world.runner.halting.lift(request.person, reason, request.delivery);
  if (done.ok)
    return done.lifted
      ? say('The halt is lifted. What waited goes on by itself.')
      : say('You are counted. 1 more person lifts it.');
  if (done.because === 'duplicate') return { kind: 'none' };
  return await refuse(done.because === 'asked-already' ? 'You are counted already: somebody else is needed.' : NO_HALT);
}

async function missing(request: Request, world: CommandWorld, lift: boolean): Promise<Reply> {
  if (request.via !== 'form') return { kind: 'form', form: form(lift) };
  const sentence = `${lift ? 'Lifting a halt' : 'A halt'} needs a reason. Nothing was changed.`;
  await refuser(request, world)(sentence);
  return atField('reason', sentence);
}

export const halt: Command = {
  name: 'halt',
  usage: 'halt [lift] reason:"…"',
  words: 1,
  summary: 'Send nothing new, for any run, until two people lift it.',
  access: 'operate',
  async handle(request, world) {
    const [word] = request.words;
    if (word !== undefined && word.toLowerCase() !== 'lift')
      return await refuser(request, world)(
        `I do not know what “${word}” means here: /dr halt reason:"…", or /dr halt lift reason:"…". Nothing was changed.`,
        [],
        'input',
      );
    const reason = (request.named['reason'] ?? '').trim();
    const lift = word !== undefined || request.carried['lift'] === true;
    return lift ? await doLift(request, world, reason) : await doHalt(request, world, reason);
  },
};
