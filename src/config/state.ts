/** State that no database replicates: carried to the target by scripts and endpoints of the owner, stage by stage. */
import { z } from 'zod';
import { duration, shaped, text, webAddress } from './fields.ts';

const UNITS: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** `100MB/s` → bytes in a second. */
const rate = () =>
  shaped(/^\d+(\.\d+)?(B|kB|MB|GB)\/s$/, 'a rate', 'one like 100MB/s, with B, kB, MB or GB').transform(
    (written, context) => {
      const [, amount, unit] = /^([\d.]+)(\w+)\/s$/.exec(written)!;
      const bytes = Number(amount) * UNITS[unit!]!;
      if (bytes > 0) return bytes;
      context.issues.push({
        code: 'custom',
        input: written,
        message: `${written} is no rate at all. Write one like 100MB/s.`,
      });
      return z.NEVER;
    },
  );

const stage = (what: string) =>
  z
    .strictObject({
      exec: z
        .array(text())
        .min(1)
        .describe(
          'Program and arguments, run without a shell. {source}, {target}, {sourceAlias}, {targetAlias}, {alias} (the target’s), {others} (the aliases of all regions with data but the target, joined by commas) and {run} are filled in. Lines of JSON {"done": n, "total": n, "unit": "bytes"} become a bar in the thread. The program must stand in hooks.allow.',
        )
        .exactOptional(),
      http: z
        .strictObject({
          start: webAddress({ placeholders: true }).describe(
            'Address that is sent a POST with {"key", "run", "step", "stage", "source", "target", "timeLimitMs"}. The same key never starts it twice.',
          ),
          status: webAddress({ placeholders: true }).describe(
            'Address that is asked with ?key=…: answers {"state": "never" | "running" | "done" | "failed"}, with done, total and unit where it can.',
          ),
        })
        .describe('An endpoint that does it.')
        .exactOptional(),
    })
    .transform(({ exec, http }, context) => {
      if (exec !== undefined && http === undefined) return { exec };
      if (http !== undefined && exec === undefined) return { start: http.start, status: http.status };
      context.issues.push({
        code: 'custom',
        input: exec ?? http,
        message:
          exec === undefined
            ? 'neither exec nor http stands here. Say what does it.'
            : 'exec and http both stand here. A stage is one of them.',
      });
      return z.NEVER;
    })
    .describe(what);

const source = z.strictObject({
  id: shaped(/^[a-z][a-z0-9-]*$/, 'the id of a source', 'one like crdt').describe(
    'Stable name of what is carried: crdt makes the step sync-crdt.',
  ),
  title: text().describe('What it is, as people say it: CRDT state.'),
  help: text().describe('What it is for, for whoever is on call when it stops.').exactOptional(),
  runbooks: z
    .array(z.enum(['planned', 'emergency', 'failback']))
    .min(1)
    .prefault(['planned', 'emergency', 'failback'])
    .describe('The runs that carry it.'),
  snapshot: stage('Takes what is to be carried, as it is now.'),
  transfer: stage('Carries it to the target. Its rate is told.'),
  validate: stage(
    'Counts a checksum at both ends and says {"checksum": {"from": "…", "to": "…"}}. Regent compares the two: where they differ, or one is missing, it is not applied.',
  ),
  apply: stage('Puts it into use in the target.'),
  repeat: z
    .enum(['once', 'idempotent'])
    .default('once')
    .describe(
      'once: a stage that failed is not run again without a person’s word. idempotent: a stage that failed is run again, three times in all.',
    ),
  timeout: duration().prefault('30m').describe('How long one stage may take. Over it, it is ended and has failed.'),
});

export const state = z
  .strictObject({
    rateBelow: rate()
      .describe(
        'A transfer slower than this is said aloud, 100MB/s for example: never a limit. Without it nothing is said.',
      )
      .exactOptional(),
    timeBox: z
      .strictObject({
        planned: duration()
          .describe(
            'How long it may take in a planned run, from the begin of the phase preparing. Over it, the run holds. Without it only each stage’s timeout counts.',
          )
          .exactOptional(),
        emergency: duration()
          .prefault('5m')
          .describe(
            'How long it may take in an emergency. Over it, what runs is ended, and the run goes on and says what is not synchronised.',
          ),
      })
      .prefault({})
      .describe('How long all of it may take, from the begin of the phase preparing.'),
    sources: z.array(source).min(1).describe('What is carried. Each is a step of its own; all go side by side.'),
  })
  .describe(
    'State that no database replicates, carried to the target in the phase preparing: snapshot, transfer, validate, apply. See docs/state.md.',
  );
