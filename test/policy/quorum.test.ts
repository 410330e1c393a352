/** Half of all regions and one more, the witness counted; no answer is not a vote. */
import { describe, expect, it } from 'vitest';
import { type Member, quorumOf } from '../../src/policy/quorum.ts';

const data = (region: string, up: boolean | null): Member => ({ region, role: 'data', up });
const witness = (up: boolean | null): Member => ({ region: 'eu-north-1', role: 'witness', up });

describe('the quorum', () => {
  it('holds with one of two regions and the witness', () => {
    expect(quorumOf([data('east', false), data('west', true), witness(true)])).toEqual({
      held: true,
      up: 2,
      needed: 2,
      of: 3,
      why: null,
    });
  });
  it('is lost where too few are up', () => {
    expect(quorumOf([data('a', false), data('b', false), data('c', true), witness(true)])).toMatchObject({
      held: false,
      needed: 3,
      why: '2 of 4 regions are up (c, eu-north-1), 3 are needed',
    });
  });
  it('needs a witness that is well, where there is one', () => {
    expect(quorumOf([data('a', true), data('b', true), witness(false)])).toMatchObject({
      held: false,
      why: 'the witness eu-north-1 is down',
    });
    expect(quorumOf([data('a', true), data('b', true), witness(null)]).held).toBeNull();
  });
  it('cannot be said where those who do not answer would decide it', () => {
    expect(quorumOf([data('a', false), data('b', null), witness(true)])).toMatchObject({
      held: null,
      why: '1 of 3 regions are up (eu-north-1), 2 are needed; nobody can say of b',
    });
  });
  it('never holds with one region alone', () => {
    expect(quorumOf([data('a', true)])).toMatchObject({ held: false, needed: 2 });
  });
});
