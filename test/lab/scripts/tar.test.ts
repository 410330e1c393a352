import { expect, test } from 'vitest';
import { END, entriesOf, header, padding } from '../../../lab/scripts/lib/tar.ts';

function archive(...files: [path: string, text: string, mode?: number][]): Buffer {
  const blocks = files.flatMap(([path, text, mode = 0o644]) => {
    const content = Buffer.from(text);
    return [header({ path, mode, size: content.length }), content, padding(content.length)];
  });
  return Buffer.concat([...blocks, END]);
}
const unpacked = (bytes: Buffer) =>
  [...entriesOf(bytes)].map(({ path, mode, content }) => [path, content.toString('utf8'), mode]);

test('what is packed comes out again: empty files, whole blocks, long paths, letters beyond ASCII', () => {
  const files: [string, string, number][] = [
    ['empty', '', 0o600],
    ['block', 'x'.repeat(512), 0o755],
    [`${'deep/'.repeat(30)}file.yml`, 'long', 0o644],
    ['dashboards/Übersicht.json', '{"ä":1}', 0o640],
  ];
  expect(unpacked(archive(...files))).toEqual(files);
});

test('a path that fits nowhere is refused when packing', () => {
  expect(() => header({ path: 'x'.repeat(101), mode: 0o644, size: 0 })).toThrow('too long for a tar archive');
});

test.each(['/etc/passwd', '../outside', 'a/../../outside', './a'])('%s is never unpacked', (path) => {
  expect(() => unpacked(archive([path, 'x']))).toThrow('leads out of the directory');
});

test('a broken header, a cut archive and a cut file are noticed', () => {
  const whole = archive(['file', 'x'.repeat(1000)]);
  const broken = Buffer.from(whole);
  broken[0]! ^= 1;
  expect(() => unpacked(broken)).toThrow('The archive is broken at byte 0');
  expect(() => unpacked(whole.subarray(0, 512 + 1024))).toThrow('it was cut off');
  expect(() => unpacked(whole.subarray(0, 600))).toThrow('The archive ends within "file".');
});
