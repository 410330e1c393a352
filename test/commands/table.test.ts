/** One list makes the help, the manifest's hint and the dispatcher. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALIASES, COMMANDS, usageHint } from '../../src/commands/table.ts';

const manifest = parse(readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')) as {
  features: { slash_commands: { command: string; usage_hint: string; should_escape: boolean }[] };
};

describe('the manifest', () => {
  it('hints at what the table has', () => {
    expect(manifest.features.slash_commands[0]!.usage_hint).toBe(usageHint());
  });
  it('has people and channels arrive as ids', () => {
    expect(manifest.features.slash_commands[0]!.should_escape).toBe(true);
  });
});

describe('the table', () => {
  it('has every name once, and every alias leads to one of them', () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(Object.values(ALIASES)));
    expect(names.filter((name) => name in ALIASES)).toEqual([]);
  });
  it('says of each how it is used and what it does', () => {
    for (const { name, usage, summary } of COMMANDS) {
      expect(usage.split(' ')[0]).toBe(name);
      expect(summary, name).toMatch(/\.$/);
    }
  });
});
