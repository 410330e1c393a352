/** Programs and addresses as one can read them and type them after us. */

/** The words of a command line; what a shell would take apart stands in quotes. */
export const argvText = (argv: string[]): string =>
  argv
    .map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');

/** An address without what follows `?`: that is where tokens stand. */
export function addressText(url: string): string {
  const [address = '', query] = url.split('?', 2);
  return query === undefined ? address : `${address}?…`;
}
