import { describe, expect, it } from 'vitest';
import { lanes } from '../../../src/integrations/statuspage/lanes.ts';

describe('lanes', () => {
  it('do one thing after another for a key, and let other keys pass', async () => {
    const oneByOne = lanes();
    const seen: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = oneByOne('a', async () => {
      seen.push('first begins');
      await gate;
      seen.push('first ends');
    });
    const second = oneByOne('a', async () => void seen.push('second'));
    await oneByOne('b', async () => void seen.push('other'));
    expect(seen).toEqual(['first begins', 'other']);
    open();
    await Promise.all([first, second]);
    expect(seen).toEqual(['first begins', 'other', 'first ends', 'second']);
  });

  it('go on after a failure, which only its own caller sees', async () => {
    const oneByOne = lanes();
    const failing = oneByOne('a', () => Promise.reject(new Error('no')));
    const next = oneByOne('a', async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
