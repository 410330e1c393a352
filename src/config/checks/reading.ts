/**
 * What cross-checks read with. They look at the file as written, not at the parsed configuration, so that a mistyped
 * port in one place does not hide a missing region in another: what cannot be read counts as absent, and the schema
 * has already said so.
 */
import type { SecretReader } from '../fields.ts';
import type { Path } from '../source.ts';

export type Finding = { path: Path; sentence: string };

/** One cross-check: everything it finds, nothing thrown. */
export type Check = (file: unknown, tools: CheckTools) => Finding[];

export type CheckTools = {
  read: SecretReader;
  /** Absolute form of a file name written at `path`. */
  absolute(path: Path, name: string): string;
};

export type Loose = { [key: string]: unknown };

export const map = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const texts = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');

/** Regions by name, those with data (primary and secondary) apart. */
export function regionsOf(file: unknown): { all: [string, Loose][]; data: [string, Loose][] } {
  const all = Object.entries(map(map(file)['regions'])).map(([name, region]): [string, Loose] => [name, map(region)]);
  return { all, data: all.filter(([, region]) => region['role'] === 'primary' || region['role'] === 'secondary') };
}
