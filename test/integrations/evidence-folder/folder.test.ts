/** Files of evidence: whole or not at all, for Regent's own eyes, and nowhere else than in their folder. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { evidenceFolder } from '../../../src/integrations/evidence-folder/folder.ts';

const folders: string[] = [];
const fresh = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'regent-evidence-'));
  folders.push(folder);
  return join(folder, 'not', 'yet', 'there');
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

it('keeps what it is given, with its digest, readable by nobody else', async () => {
  const directory = fresh();
  const store = evidenceFolder({ directory });
  const text = '{"log":"ümläut"}\n';
  const kept = await store.keep('eden-7', 'left-us-east-1.json', text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  expect(kept).toEqual({ file: join(directory, 'eden-7', 'left-us-east-1.json'), bytes: 19, sha256 });
  expect(readFileSync(kept.file, 'utf8')).toBe(text);
  expect(statSync(kept.file).mode & 0o077).toBe(0);
  expect(statSync(join(directory, 'eden-7')).mode & 0o077).toBe(0);
  expect(await store.read('eden-7', 'left-us-east-1.json')).toEqual({ ...kept, text });
});

it('replaces a file whole, and leaves nothing beside it', async () => {
  const directory = fresh();
  const store = evidenceFolder({ directory });
  for (const text of ['longer than the next', 'short']) await store.keep('eden-7', 'a.json', text);
  expect((await store.read('eden-7', 'a.json'))?.text).toBe('short');
  expect(readdirSync(join(directory, 'eden-7'))).toEqual(['a.json']);
});

it('a digest tells of a file that was changed later', async () => {
  const store = evidenceFolder({ directory: fresh() });
  const kept = await store.keep('eden-7', 'a.json', 'as it was');
  writeFileSync(kept.file, 'as somebody would have it');
  expect((await store.read('eden-7', 'a.json'))?.sha256).not.toBe(kept.sha256);
});

it('what is not there is null', async () => {
  expect(await evidenceFolder({ directory: fresh() }).read('eden-7', 'a.json')).toBeNull();
});

it.each(['../eden', '/etc/passwd', '', '.hidden', 'a/b', 'a\u0000b'])('the name %j leads nowhere', async (name) => {
  const store = evidenceFolder({ directory: fresh() });
  await expect(store.keep(name, 'a.json', '')).rejects.toThrow('no name for a file of evidence');
  await expect(store.keep('eden-7', name, '')).rejects.toThrow('no name for a file of evidence');
});

it('a folder that cannot be written is said, with what to do', async () => {
  const directory = fresh();
  const store = evidenceFolder({ directory: join(directory, 'x') });
  await store.keep('eden-7', 'a.json', 'x');
  const file = join(directory, 'x', 'eden-7', 'a.json');
  // A file where a folder is needed: nobody can write below it, not even root.
  const blocked = evidenceFolder({ directory: file });
  await expect(blocked.keep('eden-8', 'a.json', 'x')).rejects.toMatchObject({
    message: expect.stringContaining('Evidence could not be written to'),
    hint: expect.stringContaining('See that the folder exists'),
    effect: 'none',
  });
});
