/** Help, made from the table of commands: what is not in it cannot be asked, and nothing in it is forgotten here. */
import { type Argument, takesOf } from '../commands/arguments.ts';
import type { Command } from '../commands/command.ts';
import { ALIASES, COMMANDS } from '../commands/table.ts';
import { GENERAL } from './line.ts';

const placeholder = ({ key, as, oneOf }: Argument): string =>
  as === 'flag' ? '' : as === 'tagged' ? ' NUMBER' : ` ${oneOf ? oneOf.join('|') : key.toUpperCase()}`;

const optionText = (one: Argument): string => {
  const text = `--${one.key}${placeholder(one)}`;
  return one.required ? text : `[${text}]`;
};

export const usageOf = (command: Command): string =>
  ['dr', command.name, ...takesOf(command).takes.map(optionText)].join(' ');

const columns = (rows: [string, string][]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const general: [string, string][] = GENERAL.map(({ key, takes, about }) => [
  `--${key}${takes === null ? '' : ` ${takes}`}`,
  about,
]);

export const generalHelp = (): string[] => [
  'dr: Regent from the command line, under the same rules as in Slack.',
  '',
  ...COMMANDS.filter(({ name }) => name !== 'help').flatMap((command) => [
    usageOf(command),
    `    ${command.summary.replaceAll('`', '')}`,
  ]),
  'dr token PERSON [--name NAME]',
  '    Make a new token for a person (user:U0123456789), and its line for the configuration.',
  '',
  'With every command:',
  ...columns(general),
  '',
  'Exit status: 0 done; 1 Regent says no (not allowed, or not as things stand); 2 not understood;',
  '3 Regent could not be asked, or could not do it.',
];

export function helpFor(command: Command): string[] {
  const { takes } = takesOf(command);
  const other = Object.entries(ALIASES).filter(([, name]) => name === command.name);
  return [
    usageOf(command),
    command.summary.replaceAll('`', ''),
    ...other.map(([alias]) => `dr ${alias} is the same.`),
    '',
    ...columns([
      ...takes.map((one): [string, string] => [
        `--${one.key}${placeholder(one)}`,
        `${one.about}${one.required ? ' (needed)' : ''}`,
      ]),
      ...general,
    ]),
  ];
}
