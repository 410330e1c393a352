import { expect } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';

/** The failure `work` ends with. It must be one of ours, read as `words` do, and give away none of the `secrets`. */
export async function failureOf(work: Promise<unknown>, words: RegExp, secrets: string[]): Promise<IntegrationError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof IntegrationError)) throw new Error(`no IntegrationError: ${error}`);
  for (const secret of secrets) expect(error.sentence).not.toContain(secret);
  expect(error.message).toMatch(words);
  return error;
}
