import { describe, expect, it } from 'vitest';
import { bodyBytes, bodyText } from '../../src/lib/body.ts';

/** A body in chunks that counts how many were asked for. */
function inChunks(...chunks: string[]) {
  const seen = { asked: 0, closed: false };
  async function* body() {
    try {
      for (const chunk of chunks) {
        seen.asked += 1;
        yield Buffer.from(chunk);
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, body: body() };
}

describe('a body', () => {
  it('is read to its end, over its chunks’ borders', async () => {
    const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)];
    async function* halves() {
      yield first;
      yield second;
    }
    expect(await bodyText(halves(), 10)).toEqual({ text: 'ü', cut: false });
  });

  it('of just as much as is wanted is whole', async () => {
    expect(await bodyText(inChunks('ab', 'cd').body, 4)).toEqual({ text: 'abcd', cut: false });
  });

  it('is not read beyond what is wanted, and ended', async () => {
    const { seen, body } = inChunks('ab', 'cd', 'ef', 'gh');
    expect(await bodyBytes(body, 3)).toEqual({ bytes: Buffer.from('abc'), cut: true });
    expect(seen).toEqual({ asked: 2, closed: true });
  });
});
