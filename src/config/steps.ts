/** Steps of the runbook's owner: scripts and endpoints that do what only their product can do. */
import { z } from 'zod';
import { duration, shaped, text, webAddress } from './fields.ts';
import { question } from './rules.ts';

const argv = () => z.array(text()).min(1);
export const stepId = () => shaped(/^[a-z][a-z0-9-]*$/, 'the id of a step', 'one like promote-postgres');

export const ownStep = z
  .strictObject({
    id: stepId().describe('Stable name of the step: in the journal, on buttons, in `after`.'),
    title: text().describe('What it does, imperative; {source} and {target} become region names.'),
    help: text().describe('What it is for, for whoever is on call when it stops.').exactOptional(),
    runbooks: z
      .array(z.enum(['planned', 'emergency', 'failback', 'lost-secondary']))
      .min(1)
      .prefault(['planned', 'failback'])
      .describe(
        'The runs it belongs to: planned, where both regions are there; failback, a planned one that goes home, {source} and {target} the other way round; emergency, where the one that is left may be gone; lost-secondary, where a region that does not serve is taken out of service ({source}, beside {target}, which serves on).',
      ),
    phase: z
      .enum([
        'validating',
        'assessing',
        'preparing',
        'promoting',
        'redirecting',
        'verifying',
        'securing',
        'closing',
        'atEnd',
      ])
      .describe('The phase it belongs to. atEnd: at every end of a run, whatever came of it.'),
    after: z
      .array(stepId())
      .prefault([])
      .describe(
        'Steps that must have ended well before it, beside those of earlier phases. One that does something in the phase promoting, and names none here, waits for prove-target-writable: it never runs before the region that is left is fenced and the target takes writes.',
      ),
    repeat: z
      .enum(['once', 'verifiable', 'idempotent'])
      .default('once')
      .describe(
        'once: never a second time without a person’s word. verifiable: its check shows whether it is done. idempotent: may be run again at any time; one that failed is, three times in all.',
      ),
    exec: argv()
      .describe(
        'Program and arguments, run without a shell. {source}, {target}, {sourceAlias}, {targetAlias}, {alias} (the target’s) and {run} are filled in. Lines of JSON {"done": n, "total": n, "unit": "bytes"} become a bar in the thread.',
      )
      .exactOptional(),
    http: z
      .strictObject({
        start: webAddress({ placeholders: true }).describe(
          'Address that is sent a POST with {"key", "run", "step", "source", "target"}. The same key never starts it twice.',
        ),
        status: webAddress({ placeholders: true })
          .describe(
            'Address that is asked with ?key=…: answers {"state": "never" | "running" | "done" | "failed"}, with done, total and unit where it can. Without it a 2xx of start is the end.',
          )
          .exactOptional(),
      })
      .describe('An endpoint that does it.')
      .exactOptional(),
    check: question(
      'Whether it is done, asked before and after. Without it the end of the program says so.',
    ).exactOptional(),
    undo: z
      .union([question('What takes it back when a run is undone.'), text()])
      .describe(
        'What takes it back: a program that ends with 0, an address that is sent a POST like http.start, or a sentence that says why nothing can. Without it there is nothing to take back. It has 20 s.',
      )
      .exactOptional(),
    timeout: duration().prefault('30m').describe('How long it may take. Over it, it is ended and the run holds.'),
    usual: duration()
      .describe('How long it usually takes: shown where people wait for it. Never a limit.')
      .exactOptional(),
    owed: z
      .boolean()
      .default(false)
      .describe(
        'It works on the region that is left, which may be gone: where its check cannot say (a program that ends with neither 0 nor 1, an address that does not answer), the run goes on, says that it is owed, and Regent does it when the region answers again. Only in the phase securing of an emergency, with a check.',
      ),
    onFailure: z
      .enum(['hold', 'rollback', 'continue'])
      .default('hold')
      .describe(
        'hold: people decide. rollback: the run is undone, where that is still possible. continue: the run goes on without it, and says so wherever it is shown.',
      ),
  })
  .transform((written, context) => {
    const { exec, http, check = null, undo = null, help = null, ...rest } = written;
    const say = (message: string) => {
      context.issues.push({ code: 'custom', input: written, message });
      return z.NEVER;
    };
    if (exec !== undefined && http !== undefined) return say('exec and http both stand here. A step is one of them.');
    const { timeout, usual, ...known } = rest;
    const does =
      exec !== undefined ? { exec } : http !== undefined ? { start: http.start, status: http.status ?? null } : null;
    if (does === null && check === null)
      return say('neither exec nor http nor check stands here. Say what the step does or asks.');
    if (http !== undefined && http.status === undefined && check === null)
      return say('nothing says when this is done. Add http.status, or a check.');
    if (written.repeat === 'verifiable' && check === null && does !== null)
      return say('repeat: verifiable needs a check that shows whether it is done. Add one, or write repeat: once.');
    const why = written.owed ? notOwed(written, check !== null && does !== null) : null;
    if (why !== null) return say(why);
    return { ...known, help, does, check, undo, timeoutMs: timeout, usualMs: usual ?? null };
  });

/** Why such a step cannot be owed, or null: what is done later is done by nobody's hand, and only where it can be seen. */
function notOwed(
  { phase, repeat, runbooks }: { phase: string; repeat: string; runbooks: string[] },
  seen: boolean,
): string | null {
  if (phase !== 'securing') return `owed: true is for the phase securing, and this is ${phase}. Take it out.`;
  if (!runbooks.includes('emergency'))
    return 'owed: true is for emergencies, and this belongs to none. Add emergency to runbooks, or take it out.';
  if (!seen)
    return 'owed: true needs something that does it and a check: without both nobody sees whether the region is there. Add what is missing.';
  if (repeat === 'once')
    return 'owed: true is done later with nobody asked, and repeat: once must not be. Write idempotent or verifiable.';
  return null;
}
