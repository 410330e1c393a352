/** What a real pgBackRest does not show on demand: see the contract in test/contracts/backups.test.ts for the rest. */
import { describe, expect, it } from 'vitest';
import { infoOf, newestOf, type Repo } from '../../../src/integrations/backups/pgbackrest-info.ts';
import { listed, looked } from '../../../src/integrations/backups/pgbackrest-wal.ts';

const SIZE = 16 * 1024 * 1024;
const backup = (label: string, stop: number, changes: object = {}) => ({
  label,
  type: label.endsWith('F') ? 'full' : label.endsWith('D') ? 'diff' : 'incr',
  database: { id: 1, 'repo-key': 1 },
  archive: { start: '000000010000000000000002', stop: '000000010000000000000003' },
  error: false,
  reference: null,
  timestamp: { start: stop - 1, stop },
  ...changes,
});
const stanza = (changes: object = {}) => ({
  name: 'eden',
  archive: [{ database: { id: 1, 'repo-key': 1 }, id: '15-1', min: null, max: null }],
  backup: [backup('1F', 100), backup('1F_2I', 200, { reference: ['1F'] })],
  db: [{ id: 1, 'repo-key': 1, version: '15' }],
  repo: [{ key: 1, status: { code: 0, message: 'ok' } }],
  status: { code: 0, message: 'ok' },
  ...changes,
});
const info = (changes: object = {}) => infoOf(JSON.stringify([stanza(changes)]), 'eden');
const repo = (changes: object = {}): Repo => {
  const found = info(changes);
  if ('problem' in found) return expect.unreachable(found.problem);
  return found.repos[0]!;
};
const newest = (backups: object[], kinds: ('full' | 'diff' | 'incr')[]) => {
  const found = newestOf(repo({ backup: backups }), kinds);
  return found && [found.newest.label, found.ok, found.why];
};

describe('what pgbackrest says of itself', () => {
  it.each([
    ['hello', 'what it printed is not JSON'],
    ['null', 'it knows nothing of this stanza'],
    ['[]', 'it knows nothing of this stanza'],
    ['[null, {"name":"other"}]', 'it knows nothing of this stanza'],
    ['[{"name":"eden"}]', 'its repository cannot be read (repo1: no reason given)'],
  ])('%s is no answer', (text, problem) => {
    expect(infoOf(text, 'eden')).toEqual({ problem });
  });

  it.each([
    ['no label', { label: undefined }],
    ['a type nobody knows', { type: 'half' }],
    ['no end', { timestamp: null }],
  ])('a backup with %s is not passed over', (_, changes) => {
    expect(info({ backup: [backup('1F', 100, changes)] })).toEqual({
      problem: 'what it printed about a backup is not understood',
    });
  });

  it('of versions with one repository is understood, too', () => {
    const old = { database: { id: 1 } };
    const given = {
      repo: undefined,
      db: [{ id: 1 }],
      archive: [{ ...old, id: '12-1' }],
      backup: [backup('1F', 100, old)],
    };
    expect(repo(given)).toMatchObject({ key: 1, archiveId: '12-1', backups: [{ label: '1F', at: 100_000 }] });
  });

  it('counts only backups of the present database', () => {
    const db = [1, 2].map((id) => ({ id, 'repo-key': 1 }));
    const database = { id: 2, 'repo-key': 1 };
    const given = { db, archive: [...stanza().archive, { database, id: '16-2' }] };
    expect(repo(given)).toMatchObject({ archiveId: '16-2', backups: [] });
    expect(repo({ ...given, backup: [backup('1F', 100), backup('2F', 200, { database })] }).backups).toHaveLength(1);
  });

  it('never becomes a path of another kind', () => {
    const archive = [{ database: { id: 1, 'repo-key': 1 }, id: '../../etc; ls' }];
    expect(repo({ archive }).archiveId).toBeNull();
  });
});

describe('the newest backup', () => {
  const [full, incr] = [['full' as const], ['diff' as const, 'incr' as const]];

  it('is the newest sound one, a differential one as good as an incremental one', () => {
    const all = [backup('3D', 300), backup('1F', 100), backup('2I', 200)];
    expect(newest(all, full)).toEqual(['1F', true, undefined]);
    expect(newest(all, incr)).toEqual(['3D', true, undefined]);
    expect(newest([], full)).toBeNull();
  });

  it('is an older one where the newest is spoiled, and the spoiled one where there is no other', () => {
    const spoiled = backup('2F', 200, { error: true });
    expect(newest([backup('1F', 100), spoiled], full)).toEqual(['1F', true, undefined]);
    expect(newest([spoiled], full)).toEqual(['2F', false, 'pgbackrest found wrong page checksums in 2F']);
  });

  it('is only as good as those it rests upon', () => {
    const on = (label: string) => backup('2I', 200, { reference: [label] });
    expect(newest([backup('1F', 100), on('1F')], incr)).toEqual(['2I', true, undefined]);
    expect(newest([on('1F')], incr)).toEqual(['2I', false, '2I rests upon 1F, which is not there']);
    expect(newest([backup('1F', 100, { error: true }), on('1F')], incr)).toEqual([
      '2I',
      false,
      '2I rests upon 1F, in which pgbackrest found wrong page checksums',
    ]);
  });
});

describe('an archive', () => {
  const sum = 'a'.repeat(40);
  const file = (name: string, suffix = '.gz') => [`15-1/${name.slice(0, 16)}/${name}-${sum}${suffix}`, { time: 100 }];
  const list = (...names: string[]) => {
    const found = listed(JSON.stringify(Object.fromEntries(names.map((name) => file(name)))), SIZE);
    return found ?? expect.unreachable('no list');
  };
  const nowhere = async () => null;

  it('holds segments, compressed or not; all else is no segment', () => {
    const paths = [
      file('000000010000000000000001', ''),
      file('000000010000000000000002', '.zst'),
      [`15-1/0000000100000000/000000010000000000000002.00000028.backup`, {}],
      [`15-1/0000000100000000/000000010000000000000003.partial-${sum}.gz`, {}],
      ['15-1/00000002.history', {}],
      ['.', { type: 'path' }],
    ];
    expect(listed(JSON.stringify(Object.fromEntries(paths)), SIZE)?.segments).toHaveLength(2);
    for (const text of ['hello', '[]', 'null']) expect(listed(text, SIZE)).toBeNull();
  });

  it('of segments of another size cannot be counted, and says so', async () => {
    const found = await looked(list('000000010000000000000100'), { start: null, least: null }, nowhere);
    expect([found.continuous, found.why]).toEqual([
      null,
      '000000010000000000000100 does not fit segments of 16 MiB: correct their size',
    ]);
  });

  it('that is empty while a backup needs it, has a gap', async () => {
    const needs = { start: '000000010000000000000002', least: '000000010000000000000003' };
    expect(await looked(list(), needs, nowhere)).toMatchObject({
      continuous: false,
      why: '000000010000000000000002, 000000010000000000000003 are missing',
    });
    expect((await looked(list(), { start: null, least: null }, nowhere)).continuous).toBeNull();
  });

  it('begins on a timeline that leads to the newest', async () => {
    const all = ['000000020000000000000004', '000000030000000000000005', '000000030000000000000006'];
    const look = (history: string) =>
      looked(list(...all), { start: all[0]!, least: null }, async (name) =>
        name === '00000003.history' ? history : null,
      );
    expect(await look('1\t0/3000000\tx\n2\t0/5000000\tx\n')).toMatchObject({ continuous: true });
    // Timeline 3 came from timeline 1: what a backup of timeline 2 holds never became part of it.
    expect(await look('1\t0/5000000\tx\n')).toMatchObject({
      continuous: false,
      why: `${all[0]}, where it begins, does not lead to timeline 3, the newest`,
    });
  });

  it('does not begin with what a former primary wrote after its end', async () => {
    const all = [4, 5, 6].map((number) => `00000003000000000000000${number}`);
    const start = '000000020000000000000005';
    const found = await looked(list(start, ...all), { start, least: null }, async () => '2\t0/4000000\tx\n');
    expect(found.why).toBe(`${start}, where it begins, does not lead to timeline 3, the newest`);
  });
});
