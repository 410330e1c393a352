import { describe, expect, it } from 'vitest';
import { foreignText } from '../../src/lib/foreign-text.ts';

describe('what another program wrote', () => {
  it('becomes part of a sentence of ours', () => {
    expect(foreignText('Bad Gateway.\r\n\u001b[31mgo\u202eaway ')).toBe('Bad Gateway. [31mgo away');
    expect(foreignText('refused...')).toBe('refused');
    expect(foreignText(undefined)).toBe('undefined');
    expect(foreignText('x'.repeat(500))).toHaveLength(200);
  });

  it('repeats no secret', () => {
    expect(foreignText('key s3cr3t is wrong, s3cr3t!', ['s3cr3t'])).toBe('key [hidden] is wrong, [hidden]!');
    expect(foreignText(`${'x'.repeat(198)}s3cr3t`, ['s3cr3t'])).not.toContain('s3');
    // What is hardly a secret would only make the sentence unreadable.
    expect(foreignText('an answer', ['a', ''])).toBe('an answer');
  });
});
