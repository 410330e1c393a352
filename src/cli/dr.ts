#!/usr/bin/env node
/**
 * `dr`: the command line. A thin client of the HTTP API: it knows the commands and where Regent is, and decides nothing.
 * Exit status: 0 done; 1 Regent says no; 2 not understood; 3 Regent could not be asked, or could not do it.
 */
import { readFileSync } from 'node:fs';
import { sentenceOf, UserError } from '../lib/errors.ts';
import { DEFAULT_SERVER, send } from './client.ts';
import { generalHelp, helpFor } from './help.ts';
import { type Line, readLine } from './line.ts';
import { madeToken } from './token.ts';

/** A line that cannot be understood, or a place that cannot be asked. */
const MISTAKE = 2;

const out = (lines: string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
const err = (lines: string[]): void => void process.stderr.write(`${lines.join('\n')}\n`);

/** The token, never from the command line: others on the machine can read that. */
function tokenOf({ tokenFile }: Line['options']): string {
  const problem = (what: string) => new UserError(what, { code: 'no-token' });
  const path = tokenFile ?? process.env['DR_TOKEN_FILE'];
  if (path !== undefined) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      throw problem(`The token file ${path} cannot be read: ${sentenceOf(error)}. Nothing was sent.`);
    }
  }
  const token = process.env['DR_TOKEN']?.trim();
  if (token) return token;
  throw problem('There is no token: set DR_TOKEN, or name a file with --token-file. Nothing was sent.');
}

async function main(argv: string[]): Promise<number> {
  const line = readLine(argv);
  if (line.kind === 'help') {
    out(line.command === null ? generalHelp() : helpFor(line.command));
    return 0;
  }
  if (line.kind === 'token') {
    out(madeToken(line.person, line.name));
    return 0;
  }
  const { options } = line;
  const server = options.server ?? process.env['DR_SERVER'] ?? DEFAULT_SERVER;
  const heard = await send({ server, token: tokenOf(options), command: line.command, values: line.values, ...options });
  if (heard.warning !== null) err([heard.warning]);
  if (options.json) out([JSON.stringify(heard.body)]);
  else (heard.exit === 0 ? out : err)([heard.body.title, ...heard.body.lines]);
  return heard.exit;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  err([sentenceOf(error)]);
  process.exitCode = error instanceof UserError ? MISTAKE : 3;
}
