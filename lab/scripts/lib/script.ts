/**
 * The frame of every script: arguments, facts, the ledger's two lines, the report as the last line of the output, and
 * one sentence on the error output when it cannot.
 */
import { parseArgs } from 'node:util';
import { type Facts, type Region, readFacts, regionNamed } from './facts.ts';
import { appendLine } from './ledger.ts';
import { say } from './progress.ts';

export type Report = {
  summary: string;
  bytes?: number;
  checksum?: string | { from: string; to: string };
  [more: string]: unknown;
};

export type Call = {
  facts: Facts;
  /** Whether it is only asked. */
  check: boolean;
  /** What files are named after: the run's id, or `by-hand`. */
  run: string;
  /** Whether the lab damages what this script copies. */
  corrupt: boolean;
  /** The region an option names. @throws Refusal when it is missing or unknown */
  region(option: string): Region;
  flag(option: string): boolean;
  /** What an option says. @throws Refusal when it is missing */
  text(option: string): string;
  /** Words an option names, with commas between them; none where it is missing or empty. */
  list(option: string): string[];
  /** The word before the options; empty for a script without `verbs`. */
  verb: string;
  /** Of an option in seconds, ms. @throws Refusal when it is no number */
  ms(option: string, without: number): number;
};

export type Script = {
  /** The name people call it by: `postgres_backup.sh`. */
  name: string;
  usage: string;
  /** Options that name a region. */
  regions: string[];
  /** Options without a value. */
  flags?: string[];
  /** Options whose value is a number of seconds. */
  seconds?: string[];
  /** Options with any other value. */
  texts?: string[];
  /** Options whose value is words with commas between them; they may be left out. */
  lists?: string[];
  /** What it can be told to do: one of these words stands before the options. */
  verbs?: string[];
  /** Those of them that only ask. */
  asks?: string[];
  /** It never does anything else. */
  onlyAsks?: true;
  main(call: Call): Promise<Report | { report: Report; status: number }>;
};

/** Why it cannot, in one sentence, with the exit status; 2 says that nothing is known. */
export class Refusal extends Error {
  readonly status: number;
  constructor(sentence: string, status = 1) {
    super(sentence);
    this.status = status;
  }
}

const SIGNALS = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

/** Runs the script with the process's own arguments and sets its exit status. */
export async function runScript(script: Script): Promise<void> {
  // Whoever started it may be gone: it goes on without a reader.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  let end = (_status: number, _signal: string | null = null): void => {};
  try {
    const args = process.argv.slice(2);
    const values = parsed(script, args);
    const facts = readFacts(String(values['world'] ?? ''));
    const asks = script.onlyAsks || values['check'] === true || script.asks?.includes(String(values[VERB])) === true;
    end = started(script.name, facts.ledger, args, asks);
    const answer = await script.main(callOf(script, facts, values));
    const { report, status } =
      'report' in answer ? (answer as { report: Report; status: number }) : { report: answer, status: 0 };
    say(report);
    end(status);
    process.exitCode = status;
  } catch (error) {
    // Who only asked must not read an error as a no.
    const asks = script.onlyAsks || process.argv.includes('--check');
    const status = error instanceof Refusal ? error.status : asks ? 2 : 1;
    process.stderr.write(`${(error as Error).message}\n`);
    end(status);
    process.exitCode = status;
  }
}

type Values = { [option: string]: string | boolean | undefined };
/** No option has this name. */
const VERB = ' verb';

function parsed(script: Script, args: string[]): Values {
  const { usage, regions, flags = [], seconds = [], texts = [], lists = [], verbs } = script;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: verbs !== undefined,
      options: {
        world: { type: 'string' },
        ...Object.fromEntries(
          [...regions, ...seconds, ...texts, ...lists].map((name) => [name, { type: 'string' as const }]),
        ),
        ...Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }])),
      },
    });
    const [verb = '', ...more] = positionals;
    if (verbs !== undefined && (!verbs.includes(verb) || more.length > 0))
      throw new Error(`Say one of ${verbs.join(', ')}.`);
    return { ...values, [VERB]: verb };
  } catch (error) {
    throw new Refusal(`${(error as Error).message} Usage: ${usage}`, 2);
  }
}

function callOf(script: Script, facts: Facts, values: Values): Call {
  return {
    facts,
    check: values['check'] === true,
    run: (process.env['REGENT_RUN'] || 'by-hand').replaceAll(/[^A-Za-z0-9-]/g, '-'),
    corrupt: facts.corrupt.includes(script.name),
    region(option) {
      const given = values[option];
      if (typeof given !== 'string') throw new Refusal(`--${option} is missing. Usage: ${script.usage}`, 2);
      try {
        return regionNamed(facts, given);
      } catch (error) {
        throw new Refusal((error as Error).message, 2);
      }
    },
    flag: (option) => values[option] === true,
    text(option) {
      const given = values[option];
      if (typeof given !== 'string' || given === '')
        throw new Refusal(`--${option} is missing. Usage: ${script.usage}`, 2);
      return given;
    },
    list: (option) =>
      String(values[option] ?? '')
        .split(',')
        .filter((word) => word !== ''),
    verb: String(values[VERB] ?? ''),
    ms(option, without) {
      const given = values[option];
      if (given === undefined) return without;
      if (!(Number(given) > 0)) throw new Refusal(`--${option} is a number of seconds. Usage: ${script.usage}`, 2);
      return Number(given) * 1000;
    },
  };
}

/** Writes the start, and gives back what writes the end; a signal writes it too. */
function started(script: string, ledger: string, args: string[], check: boolean) {
  const { pid } = process;
  const at = () => new Date().toISOString();
  const { REGENT_RUN: run = null, REGENT_STEP: step = null, REGENT_ATTEMPT: attempt = null } = process.env;
  const own = args.filter((arg, index) => arg !== '--world' && args[index - 1] !== '--world');
  appendLine(ledger, { phase: 'start', at: at(), script, args: own, check, run, step, attempt, pid });
  const end = (status: number, signal: string | null = null): void =>
    appendLine(ledger, { phase: 'end', at: at(), script, pid, status, signal });
  for (const [signal, status] of Object.entries(SIGNALS))
    process.once(signal, () => {
      end(status, signal);
      process.exit(status);
    });
  return end;
}
