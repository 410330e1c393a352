/** Enough of the tar format (ustar) to pack regular files and unpack them again; any `tar xf` reads it too. */
import { posix } from 'node:path';

export type Entry = { path: string; mode: number; size: number };

const BLOCK = 512;

/** The header block of one file. @throws Error for a path that does not fit the format */
export function header({ path, mode, size }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = split(path);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  block.write(name, 0, 'utf8');
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(prefix, 345, 'utf8');
  block.fill(' ', 148, 156);
  block.write(`${sumOf(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** What fills a file's last block. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
/** Two empty blocks end an archive. */
export const END = Buffer.alloc(2 * BLOCK);

/** The files of an archive, in its order. @throws Error where it is broken, or a path leads out of the directory. */
export function* entriesOf(archive: Buffer): Generator<Entry & { content: Buffer }> {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const text = (from: number, length: number) => block.toString('utf8', from, from + length).replace(/\0.*$/s, '');
    const blank = Buffer.from(block).fill(' ', 148, 156);
    if (Number.parseInt(text(148, 8), 8) !== sumOf(blank))
      throw new Error(`The archive is broken at byte ${at}: a header does not add up.`);
    const prefix = text(345, 155);
    const path = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
    if (posix.isAbsolute(path) || posix.normalize(path) !== path || path.startsWith('..'))
      throw new Error(`The archive names "${path}", which leads out of the directory it is unpacked into.`);
    const size = Number.parseInt(text(124, 12), 8);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new Error(`The archive ends within "${path}".`);
    yield { path, mode: Number.parseInt(text(100, 8), 8), size, content };
    at += BLOCK + size + padding(size).length;
  }
  throw new Error('The archive has no end: it was cut off.');
}

const sumOf = (block: Buffer): number => block.reduce((sum, byte) => sum + byte, 0);

/** Paths longer than 100 bytes are kept in two pieces. */
function split(path: string): [string, string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name];
  }
  throw new Error(`The path "${path}" is too long for a tar archive.`);
}
