/**
 * Which token this is, and who has tried too many wrong ones. Tokens are known by their hash alone, so a configuration
 * that leaks lets nobody in; they are long and random, so that plain SHA-256 is enough.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type ApiToken = {
  /** What it is called in the journal. */
  name: string;
  /** The id of the person it acts for: `U0123`. */
  person: string;
  /** SHA-256 of the token, in hex. */
  sha256: string;
  /** `group:S0123`: the groups that count where the chat cannot be asked. */
  groups: string[];
};

/** Wrong tokens an address may send within `WINDOW_MS` and still be told that they are wrong. */
export const WRONG_MAX = 10;
const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 1000;
const TOKEN_MAX = 512;

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** The token of an `Authorization` header; null where it is none of ours. Takes as long whichever it is. */
export function tokenKnower(tokens: readonly ApiToken[]) {
  const known = tokens.map((token) => ({ token, hash: Buffer.from(token.sha256, 'hex') }));
  return (header: string | undefined): ApiToken | null => {
    const given = /^Bearer +([!-~]+) *$/i.exec(header ?? '')?.[1] ?? '';
    const hash = digest(given.slice(0, TOKEN_MAX));
    let found: ApiToken | null = null;
    for (const one of known) if (one.hash.length === hash.length && timingSafeEqual(one.hash, hash)) found = one.token;
    return given === '' || given.length > TOKEN_MAX ? null : found;
  };
}

/**
 * Counts wrong tokens by address. Only wrong ones are ever turned away for it: a right token works from an address that
 * others misuse, and behind a proxy all have the same.
 */
export class WrongTokens {
  readonly #now: () => number;
  readonly #seen = new Map<string, { count: number; since: number }>();
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One more from there: how many by now, and ms until it is forgotten. */
  add(address: string): { count: number; forMs: number } {
    const now = this.#now();
    const before = this.#seen.get(address);
    const entry = before && now - before.since < WINDOW_MS ? before : { count: 0, since: now };
    entry.count += 1;
    // The latest stand last: the one forgotten for want of room is the one longest silent.
    this.#seen.delete(address);
    this.#seen.set(address, entry);
    const oldest = this.#seen.size > ADDRESSES_MAX ? this.#seen.keys().next().value : undefined;
    if (oldest !== undefined) this.#seen.delete(oldest);
    return { count: entry.count, forMs: entry.since + WINDOW_MS - now };
  }
  get size(): number {
    return this.#seen.size;
  }
}
