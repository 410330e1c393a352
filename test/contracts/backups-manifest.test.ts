/** Backups as a manifest tells them, by file and by address; and that its published shape is the one that is read. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/lib/free-port.ts';
import { poll } from '../../lab/lib/poll.ts';
import { type ManifestOptions, manifestBackups } from '../../src/integrations/backups/manifest.ts';
import { manifestIn } from '../../src/integrations/backups/manifest-shape.ts';
import { sentenceOf } from '../../src/lib/errors.ts';
import type { Backups } from '../../src/ports/backups.ts';
import { httpServers } from '../support/http-servers.ts';
import { backupsContract } from './backups.suite.ts';

const never = new AbortController().signal;

describe('a manifest', () => {
  const NOW = Date.parse('2026-11-23T02:00:00Z');
  const HOUR = 3_600_000;
  const GAP = '0000000A0000000100000042';
  const dir = mkdtempSync(join(tmpdir(), 'regent-manifest-'));
  const servers = httpServers();
  const { serve } = servers;
  afterAll(async () => {
    await servers.close();
    rmSync(dir, { recursive: true, force: true });
  });

  let made = 0;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  /** A directory with two files of a backup and a manifest of them. */
  const place = (changes: object = {}): { file: string; folder: string; text: string } => {
    made += 1;
    const folder = join(dir, `${made}`);
    mkdirSync(join(folder, 'full'), { recursive: true });
    writeFileSync(join(folder, 'full', 'base.tar'), 'all of it');
    writeFileSync(join(folder, 'wal.tar'), 'some of it');
    const text = JSON.stringify({
      version: 1,
      writtenAt: '2026-11-23T01:58:00Z',
      full: { at: '2026-11-22T20:00:00.5Z', ok: true },
      incremental: { at: '2026-11-23T02:57:30+01:00', ok: true },
      wal: {
        continuous: true,
        from: '0000000A0000000100000001',
        to: '0000000A00000001000000FF',
        toAt: '2026-11-23T01:57:40Z',
      },
      checksumsValid: true,
      files: [
        { path: 'full/base.tar', sha256: sha256('all of it'), bytes: 9 },
        { path: 'wal.tar', sha256: sha256('some of it').toUpperCase() },
      ],
      ...changes,
    });
    const file = join(folder, 'manifest.json');
    writeFileSync(file, text);
    return { file, folder, text };
  };
  const from = (at: ManifestOptions['from'], more: Partial<ManifestOptions> = {}) =>
    manifestBackups({ from: at, maxAgeMs: HOUR, timeoutMs: 10_000, now: () => NOW, ...more });
  const of = (changes: object, more: Partial<ManifestOptions> = {}) => from({ file: place(changes).file }, more);
  const missing = { wal: { continuous: false }, why: { wal: `${GAP} is missing` } };
  const none = { full: null, incremental: null, wal: { continuous: null }, checksumsValid: null, files: [] };
  const sentence = (backups: Backups) => backups.report(never).then(JSON.stringify, sentenceOf);

  backupsContract('a manifest by file', async () => ({
    whole: () => of({}),
    gap: () => ({ backups: of(missing), missing: GAP }),
    damaged: () => {
      const { file, folder } = place();
      writeFileSync(join(folder, 'full', 'base.tar'), 'all of IT');
      return from({ file });
    },
    none: () => of(none),
    gone: () => from({ file: join(dir, 'no-such-file') }),
    nonsense: () => {
      const { file } = place();
      writeFileSync(file, 'hello');
      return from({ file });
    },
    // No file system hangs on demand.
    silent: null,
    close: async () => {},
  }));

  backupsContract('a manifest by address', async () => {
    const texts = new Map<string, string>();
    let reached = 0;
    const base = await serve((request, response) => {
      reached += 1;
      const text = texts.get(request.url!);
      if (request.url === '/silent') return;
      if (text === undefined) response.writeHead(404).end();
      else response.end(text);
    });
    const at = (changes: object, directory?: string) => {
      const path = `/of/eden/${texts.size}.json`;
      texts.set(path, place(changes).text);
      return from({ url: `${base}${path}` }, directory === undefined ? {} : { directory });
    };
    return {
      whole: () => at({}),
      gap: () => ({ backups: at(missing), missing: GAP }),
      damaged: () => {
        const { folder } = place();
        rmSync(join(folder, 'wal.tar'));
        return at({}, folder);
      },
      none: () => at(none),
      gone: () => from({ url: `${base}/nowhere` }),
      nonsense: () => {
        texts.set('/nonsense', '<html>hello</html>');
        return from({ url: `${base}/nonsense` });
      },
      silent: (timeoutMs) => {
        const before = reached;
        const asked = () => poll('it is not asked', () => reached > before, { withinMs: 5000 });
        return { backups: from({ url: `${base}/silent` }, { timeoutMs }), asked };
      },
      close: async () => {},
    };
  });

  it('is told in our terms, with who says so', async () => {
    const { file } = place();
    expect(await from({ file }).report(never)).toEqual({
      lastFull: { at: Date.parse('2026-11-22T20:00:00Z'), ok: true },
      lastIncremental: { at: NOW - 150_000, ok: true },
      wal: {
        continuous: true,
        from: '0000000A0000000100000001',
        to: '0000000A00000001000000FF',
        toAt: NOW - 140_000,
      },
      checksumsValid: true,
      source: `the manifest ${file}, written 2 min ago`,
      why: { checksums: '2 files read and compared' },
    });
  });

  it('is only as good as it is new', async () => {
    const written = (writtenAt: string) => sentence(of({ writtenAt }));
    expect(await written('2026-11-23T00:59:59Z')).toMatch(
      /^The backup manifest \/.*manifest\.json cannot be used: it was written 60 min ago, and 1 h is the most\.$/,
    );
    expect(await written('2026-11-23T01:00:00Z')).toContain('"lastFull"');
    expect(await written('2026-11-23T02:01:00Z')).toContain('"lastFull"');
    expect(await written('2026-11-23T02:02:00Z')).toContain('cannot be used: it is dated 2 min ahead of now.');
  });

  it.each([
    ['a file that differs', 'full/base.tar', 'all of IT', 'full/base.tar does not have the checksum that is listed'],
    ['a file of another size', 'full/base.tar', 'all', 'full/base.tar has 3 bytes instead of 9'],
    ['a file that is not there', 'wal.tar', null, 'wal.tar is not there'],
  ])('finds %s, whatever it claims', async (_, name, content, words) => {
    const { file, folder } = place();
    if (content === null) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), content);
    const { checksumsValid, why } = await from({ file }).report(never);
    expect([checksumsValid, why.checksums]).toEqual([false, words]);
  });

  it('opens nothing outside of its directory, and nothing that is no file', async () => {
    const outside = join(dir, 'outside');
    writeFileSync(outside, 'all of it');
    const listed = (path: string) => ({ files: [{ path, sha256: sha256('all of it') }] });
    const why = async (path: string, prepare: (folder: string) => void = () => {}) => {
      const { file, folder } = place(listed(path));
      prepare(folder);
      return (await from({ file }).report(never)).why.checksums;
    };
    expect(await why('../outside')).toMatch(/^\.\.\/outside lies outside of \//);
    expect(await why(outside)).toMatch(/lies outside of \//);
    expect(await why('link', (folder) => symlinkSync(outside, join(folder, 'link')))).toMatch(
      /^link lies outside of \//,
    );
    expect(await why('full')).toBe('full is not a file');
    expect(await why('full/base.tar/more')).toBe('full/base.tar/more is not there');
    expect(await why('full/base.tar')).toBe('1 file read and compared');
  });

  it('believes a claim no further than it goes', async () => {
    const checks = async (changes: object, more: Partial<ManifestOptions> = {}) => {
      const { checksumsValid, why } = await of(changes, more).report(never);
      return [checksumsValid, why.checksums];
    };
    expect(await checks({ checksumsValid: false })).toEqual([false, 'the manifest says so']);
    expect(await checks({ checksumsValid: true, files: [] })).toEqual([true, 'the manifest says so']);
    expect(await checks({ checksumsValid: null })).toEqual([true, '2 files read and compared']);
    const flawed = { full: { at: '2026-11-23T01:00:00Z', ok: false }, why: { full: 'the disk was full' } };
    expect((await of(flawed).report(never)).why.full).toBe('the disk was full');
  });

  it('counts what could not be read in time as not compared', async () => {
    const { file, folder } = place({
      checksumsValid: null,
      files: [
        { path: 'full/base.tar', sha256: sha256('all of it') },
        { path: 'huge', sha256: sha256('nobody will know') },
      ],
    });
    // Takes no room, and minutes to read.
    writeFileSync(join(folder, 'huge'), '');
    truncateSync(join(folder, 'huge'), 100 * 2 ** 30);
    const { checksumsValid, why } = await from({ file }, { filesTimeoutMs: 300 }).report(never);
    expect([checksumsValid, why.checksums]).toEqual([
      null,
      expect.stringMatching(/^[01] of 2 files could be read within 0\.3 s$/),
    ]);
    const stop = AbortSignal.timeout(300);
    await expect(from({ file }, { filesTimeoutMs: 60_000 }).report(stop)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is refused in one sentence by its server’s answer', async () => {
    const base = await serve((request, response) => {
      const status = Number(request.url!.slice(1, 4));
      response.writeHead(status, { location: 'http://127.0.0.1/s3cret' }).end('{}');
    });
    const answer = (status: number) => sentence(from({ url: `${base}/${status}?key=k3y`, token: 's3cret' }));
    expect(await answer(401)).toMatch(/\/401 cannot be used: its server answered 401: it wants another token\.$/);
    expect(await answer(302)).toMatch(
      /answered 302, to http:\/\/127\.0\.0\.1\/\[hidden\], and redirects are not followed\.$/,
    );
    expect(await answer(503)).toMatch(
      /^The backup manifest 127\.0\.0\.1:\d+\/503 cannot be used: its server answered 503\.$/,
    );
    expect(await sentence(from({ url: `http://127.0.0.1:${await freePort()}/m.json` }))).toContain('ECONNREFUSED');
  });

  it('is refused where it is no file, or more than a manifest', async () => {
    const { folder } = place();
    const huge = join(folder, 'huge');
    writeFileSync(huge, ' '.repeat(5 * 1024 * 1024));
    expect(await sentence(from({ file: folder }))).toContain('cannot be used: it is not a file.');
    expect(await sentence(from({ file: huge }))).toContain('cannot be used: it has more than 4 MB.');
  });

  describe('has the shape that is published', () => {
    const schema = JSON.parse(readFileSync(new URL('../../docs/backup-manifest.schema.json', import.meta.url), 'utf8'));
    const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    const good = () => JSON.parse(place().text) as { [key: string]: unknown };
    const both = (value: unknown) => {
      const read = manifestIn(JSON.stringify(value));
      return { schema: fits(value), reader: 'problem' in read ? read.problem : true };
    };

    it.each([
      ['the least of it', { why: undefined, ...none }],
      ['all of it', { $schema: 'x', why: { full: 'a', incremental: 'b', wal: 'c', checksums: 'd' } }],
      ['a history nobody looked at', { wal: { continuous: null, from: null, to: null, toAt: null } }],
      ['files without their size', { files: [{ path: 'a', sha256: 'a'.repeat(64), bytes: null }] }],
    ])('%s fits', (_, changes) => {
      expect(both({ ...good(), ...changes })).toEqual({ schema: true, reader: true });
    });

    it.each([
      [[], 'it is [], and should be a JSON object'],
      [null, 'it is null, and should be a JSON object'],
      [{ version: 2 }, 'version is 2, and 1 is the one known here'],
      [{ version: undefined }, 'it has no version'],
      [{ full: undefined }, 'it has no full'],
      [{ incremntal: null }, 'it has "incremntal", which is not known here'],
      [{ writtenAt: 'today' }, 'writtenAt is "today", and should be a moment like 2026-11-23T02:00:00Z'],
      [{ writtenAt: '2026-11-23T02:00:00' }, 'writtenAt is "2026-11-23T02:00:00", and should be a moment'],
      [{ writtenAt: 1_795_226_768 }, 'writtenAt is 1795226768, and should be a moment'],
      [{ full: { at: '2026-11-23T02:00:00Z' } }, 'full has no ok'],
      [{ full: { at: '2026-11-23T02:00:00Z', ok: 'yes' } }, 'full.ok is "yes", and should be true or false'],
      [{ incremental: 'none' }, 'incremental is "none", and should be a JSON object'],
      [{ wal: null }, 'wal is null, and should be a JSON object'],
      [{ wal: { continuous: true, from: '' } }, 'wal.from is "", and should be a text'],
      [{ wal: { continuous: true, toAt: 'now' } }, 'wal.toAt is "now", and should be a moment'],
      [{ checksumsValid: 'ok' }, 'checksumsValid is "ok", and should be true or false'],
      [{ files: {} }, 'files is {}, and should be a list'],
      [{ files: [{ path: 'a', sha256: 'abc' }] }, 'files[0].sha256 is "abc", and should be 64 hexadecimal digits'],
      [{ files: [{ path: '', sha256: 'a'.repeat(64) }] }, 'files[0].path is "", and should be the path of a file'],
      [{ files: [{ path: 'a', sha256: 'a'.repeat(64), bytes: -1 }] }, 'files[0].bytes is -1, and should be a number'],
      [{ why: { wal: ' ' } }, 'why.wal is " ", and should be a text'],
      [{ why: { disk: 'full' } }, 'why has "disk", which is not known here'],
    ])('%j does not fit', (changes, words) => {
      const value = changes === null || Array.isArray(changes) ? changes : { ...good(), ...changes };
      const found = both(JSON.parse(JSON.stringify(value)));
      expect(found).toEqual({ schema: false, reader: expect.stringContaining(words) });
    });

    it('a day no calendar has is found by the reader', () => {
      expect(manifestIn(JSON.stringify({ ...good(), writtenAt: '2026-02-30T00:00:00Z' }))).toHaveProperty('problem');
    });
  });
});
