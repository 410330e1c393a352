import { expect, it } from 'vitest';
import { absoluteReference, secretReader, unreadable } from '../../src/config/secrets.ts';

const fails = (code: string) => () => {
  throw Object.assign(new Error('hunter2'), { code });
};

it('reads each reference once', () => {
  let reads = 0;
  const read = secretReader({}, () => `value ${++reads}\n`);
  expect([read('file:/a'), read('file:/a'), read('file:/b')]).toEqual([
    { value: 'value 1' },
    { value: 'value 1' },
    { value: 'value 2' },
  ]);
});

it('takes off one newline at the end of a file and nothing else', () => {
  expect(secretReader({}, () => ' a b \n\n')('file:/a')).toEqual({ value: ' a b \n' });
  expect(secretReader({ A: ' a\n' }, fails('EIO'))('env:A')).toEqual({ value: ' a\n' });
});

it.each([
  ['ENOENT', 'file:/a does not exist. Put the file there, or name another.'],
  ['EACCES', 'file:/a may not be read by this user. Put the file there, or name another.'],
  ['EISDIR', 'file:/a is a directory. Put the file there, or name another.'],
  ['EIO', 'file:/a cannot be read (EIO). Put the file there, or name another.'],
])('says why a file gives nothing: %s', (code, problem) => {
  expect(secretReader({}, fails(code))('file:/a')).toEqual({ problem });
});

it('refuses an empty file, and anything that is not a reference', () => {
  expect(secretReader({}, () => '\n')('file:/a')).toEqual({
    problem: 'file:/a is empty. Write the secret there, or name another file.',
  });
  expect(secretReader({}, () => 'x')('hunter2')).toEqual({
    problem: 'a secret stands here in plain text; write env:NAME or file:path.',
  });
});

it('makes only relative file references absolute', () => {
  expect(['file:a/b', 'file:/a', 'file:', 'env:A', 'a'].map((each) => absoluteReference(each, '/etc'))).toEqual([
    'file:/etc/a/b',
    'file:/a',
    'file:',
    'env:A',
    'a',
  ]);
  expect(unreadable('thrown text')).toBe('cannot be read');
});
