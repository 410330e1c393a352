import { expect, it } from 'vitest';
import { nearestNode, overlayTree, parseSource, pathText, plainOf, type Tree } from '../../src/config/source.ts';

function tree(source: string, file = 'a.yml'): Tree {
  const parsed = parseSource(file, source);
  if (parsed.tree === undefined) throw new Error(JSON.stringify(parsed.problems));
  return parsed.tree;
}

it('knows the line of every key and item, and of the nearest thing above what is not there', () => {
  const parsed = tree('a:\n  b:\n    - x\n    - { c: 1 }\n');
  const line = (...path: (string | number)[]) => nearestNode(parsed, path).line;
  expect([line('a'), line('a', 'b'), line('a', 'b', 1), line('a', 'b', 1, 'c'), line('a', 'z', 'y')]).toEqual([
    1, 2, 4, 4, 1,
  ]);
});

it('keeps the file of each value through a merge', () => {
  const merged = overlayTree(
    tree('a: { b: 1, c: [1, 2] }\nd: 1'),
    tree('a: { c: [3], e: { f: null, g: 2 } }\nd: null', 'o.yml'),
  );
  expect(plainOf(merged)).toEqual({ a: { b: 1, c: [3], e: { g: 2 } } });
  expect(nearestNode(merged, ['a', 'c']).file).toBe('o.yml');
  expect(nearestNode(merged, ['a', 'b']).file).toBe('a.yml');
});

it('understands anchors, and refuses those that are missing or hold themselves', () => {
  expect(plainOf(tree('a: &x [1]\nb: *x'))).toEqual({ a: [1], b: [1] });
  expect(parseSource('a.yml', 'a: 1\nb: *x').problems).toEqual([
    expect.objectContaining({ line: 2, sentence: expect.stringContaining('names an anchor') }),
  ]);
  expect(parseSource('a.yml', 'a: &x [*x]').problems).toEqual([
    expect.objectContaining({ line: 1, sentence: expect.stringContaining('contains itself') }),
  ]);
});

it('keeps odd keys as keys', () => {
  const plain = plainOf(tree('__proto__: { a: 1 }\n7: b')) as object;
  expect(Object.keys(plain).toSorted()).toEqual(['7', '__proto__']);
  expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
});

it.each([
  ['a: 1\na: 2', 2, 'a key stands here a second time'],
  ['a:\n\tb: 1', 2, 'a tab stands where the line is indented'],
  ['a: 1\n---\nb: 2', 2, 'a second document begins here'],
  ['a: b: c', 1, 'a map begins on a line that already has a value'],
  ['a: "b', 1, 'something is missing here'],
])('%j is not YAML', (source, line, sentence) => {
  const { tree: none, problems } = parseSource('a.yml', source);
  expect(none).toBeUndefined();
  expect(problems[0]).toMatchObject({ file: 'a.yml', line, sentence: expect.stringContaining(sentence) });
});

it('writes paths as people would', () => {
  expect(pathText(['dns', 0, 'records', 2, 'ttl'])).toBe('dns[0].records[2].ttl');
});
