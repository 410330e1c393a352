/** The card of an outage, as people read it: what was seen from where, what is not known, what it would cost. */
import { describe, expect, it } from 'vitest';
import { type ProposalFacts, proposal } from '../../src/messages/proposal.ts';
import { SYSTEM_MESSAGES } from '../../src/messages/system.ts';
import { CONTACTS, text } from './scenes.ts';

const base: ProposalFacts = {
  n: 3,
  region: 'us-east-1',
  role: 'primary',
  stage: 'suspected',
  since: 60_000,
  kind: 'network',
  sights: [
    {
      vantage: 'Regent',
      at: 65_000,
      says: 'down',
      good: [],
      bad: [
        { name: 'api-gateway', seen: 'silent', why: 'no answer in time' },
        { name: 'Postgres', seen: 'silent', why: 'no answer in time' },
      ],
    },
    {
      vantage: 'frankfurt',
      at: 64_000,
      says: 'down',
      good: ['dns'],
      bad: [{ name: 'api', seen: 'bad', why: 'answered 503' }],
    },
  ],
  agree: 2,
  needed: 2,
  score: 0,
  database: { at: 58_000, bytesPerSecond: 40_000 },
  targets: [
    { region: 'us-west-2', why: null },
    { region: 'eu-west-1', why: 'it is not well' },
  ],
  byItself: 'Regent starts nothing by itself: a person declares it.',
  confirmMs: 30_000,
  dismissed: null,
  recoveredAt: null,
  run: null,
  runOver: false,
};
const card = (more: Partial<ProposalFacts> = {}) =>
  proposal({ facts: JSON.parse(JSON.stringify({ ...base, ...more })), contacts: CONTACTS });
const read = (more: Partial<ProposalFacts> = {}) => text(card(more));

describe('the card', () => {
  it('is among the messages of the system', () => {
    expect(SYSTEM_MESSAGES['proposal']).toBe(proposal);
  });

  it('during a planned run offers to go on with that one, and nothing that would begin another', () => {
    const shown = card({ goesOn: 'eden-7' });
    expect(text(shown)[0]).toBe(
      '🔴 us-east-1 looks down: go on with eden-7 as an emergency? · suspected, not confirmed · since 60 s',
    );
    expect(shown.actions.map(({ id, label, value }) => [id, label, JSON.parse(value)])).toEqual([
      ['mode:proposal', 'Go on as an emergency…', { run: 'eden-7', to: 'emergency' }],
      ['later:proposal', 'Not now', { region: 'us-east-1', proposal: 3, stage: 'suspected' }],
    ]);
    expect(text(card({ role: 'secondary', goesOn: 'eden-7' })).at(-1)).not.toContain('Go on');
  });

  it('says what was seen from where, what is not known, where it would go and what is given up', () => {
    expect(read()).toEqual([
      '🔴 us-east-1 looks down: declare disaster? · suspected, not confirmed · since 60 s',
      'Nothing in it answers (network).',
      'Regent at 65 s: ‹0 of 2 well; silent: api-gateway, Postgres›',
      'frankfurt at 64 s: ‹1 of 2 well; badly: api (answered 503)›',
      '2 of 2 places see it so, 2 must. Health 0.00 of 1.',
      'Not known: whether it lasts: it is confirmed after 30 s; whether us-east-1 still takes writes from somebody we do not see.',
      'It would go to us-west-2. Not to eu-west-1 (it is not well).',
      'Given up: writes of us-east-1 that had not reached the other region are lost. Its database last answered at 58 s, writing up to 40 kB each second. How much is measured before the promotion is asked for.',
      'Regent starts nothing by itself: a person declares it.',
      'Who to reach: coordinator Cy, +1 555 0100',
      '[Declare disaster…: danger] [Not now]',
    ]);
  });

  it('carries the region, the proposal and the stage it was pressed at', () => {
    expect(card().actions.map(({ id, value }) => [id, JSON.parse(value)])).toEqual([
      ['declare:proposal', { region: 'us-east-1', proposal: 3, stage: 'suspected' }],
      ['later:proposal', { region: 'us-east-1', proposal: 3, stage: 'suspected' }],
    ]);
  });

  it('confirmed and failed are told as such; what nobody knows of the database is said', () => {
    expect(read({ stage: 'confirmed' })[0]).toContain('· confirmed · since');
    expect(read({ stage: 'failed', database: null, kind: 'database' }).join('\n')).toMatch(
      /· failed ·[\s\S]*Not known: what its database held last\./,
    );
    expect(card({ stage: 'suspected' }).tone).toBe('waiting');
    expect(card({ stage: 'failed' }).tone).toBe('bad');
  });

  it('with nowhere to go says why of each', () => {
    const lines = read({ targets: [{ region: 'us-west-2', why: 'it looks down too' }] });
    expect(lines).toContain('Nowhere to go now: us-west-2 (it looks down too).');
  });

  it('put off: by whom, without that button until it gets worse', () => {
    const dismissed = { by: 'UANA', at: 70_000, stage: 'suspected' } as const;
    expect(read({ dismissed })).toContain('⏸ Not now, said @UANA at 70 s. This comes back when it gets worse.');
    expect(read({ dismissed }).at(-1)).toBe('[Declare disaster…: danger]');
    expect(read({ dismissed, stage: 'failed' })).toContain(
      '⏸ Not now, said @UANA at 70 s, when it was suspected, not confirmed. It is failed now: decide anew.',
    );
    expect(read({ dismissed, stage: 'failed' }).at(-1)).toBe('[Declare disaster…: danger] [Not now]');
  });

  it('shows the alerts, the providers’ word and the measured bound; silence is said as such', () => {
    const around = {
      alerts: { at: 90_000, silent: 'no answer within 2 s' },
      providers: [{ name: 'AWS', url: '', state: 'trouble' as const, sentence: 'AWS: outage.' }],
      loss: { target: 'west', seconds: 4.2, bytes: 1_800_000, at: 90_000 },
    };
    const lines = read({ around }).join('\n');
    expect(lines).toContain('❓ Which alerts fire is not known: ‹no answer within 2 s›');
    expect(lines).toContain('✖ ‹AWS: outage.›');
    expect(lines).toContain('are lost: at most 4.2 s, 1.8 MB in west, measured at 90 s.');
  });

  it('of a region that does not serve offers nothing', () => {
    expect(read({ role: 'secondary' })[0]).toContain('looks down: it is not the primary ·');
    expect(read({ role: 'secondary' })).toContain(
      'Nothing is moved: it does not serve. To take it out of service: /dr declare us-east-1 reason:"…".',
    );
    expect(read({ role: 'witness' })).toContain('Nothing is moved: it does not serve.');
    expect(read({ role: 'witness' })[0]).toContain('it is a witness');
    expect(card({ role: 'secondary' }).actions).toEqual([]);
    expect(card({ role: 'unknown' }).actions).toHaveLength(2);
  });

  it('once a run is declared names it, and offers nothing more', () => {
    expect(read({ run: 'eden-7' })[0]).toContain('looks down: eden-7 moves away from it');
    expect(card({ run: 'eden-7' }).actions).toEqual([]);
    expect(read({ run: 'eden-7', runOver: true, role: 'secondary' })[0]).toContain('eden-7 has moved away from it');
  });

  it('asks again once that run is over and the region was not left', () => {
    const over = { run: 'eden-7', runOver: true };
    expect(read(over)[0]).toContain('us-east-1 looks down: declare disaster?');
    expect(read(over)).toContain('eden-7 was declared for it and is over: us-east-1 was not left.');
    expect(card(over).actions).toHaveLength(2);
    expect(read({ ...over, recoveredAt: 120_000 })).toEqual([
      '✔ us-east-1 answers again since 120 s; eden-7 came to nothing',
      'It looked down from 60 s on, for 1:00.',
    ]);
  });

  it('of a witness, which holds no data, asks nothing about data', () => {
    expect(read({ role: 'witness', stage: 'failed', database: null }).join('\n')).not.toContain('Not known');
  });

  it('withdrawn: it answers again, and nothing was done', () => {
    expect(read({ recoveredAt: 120_000 })).toEqual([
      '✔ us-east-1 answers again since 120 s; nothing was done',
      'It looked down from 60 s on, for 1:00.',
    ]);
    expect(read({ recoveredAt: 120_000, run: 'eden-7' })).toEqual([
      '✔ us-east-1 answers again since 120 s; eden-7 had been declared meanwhile',
      'It looked down from 60 s on, for 1:00.',
      'us-east-1 must not take writes again by itself: see eden-7.',
    ]);
  });

  it('stays short whatever was seen, and parses nothing of it', () => {
    const bad = Array.from({ length: 40 }, (_, n) => ({ name: `<!channel> ${n}`, seen: 'bad' as const, why: 'x' }));
    const line = proposal({
      facts: JSON.parse(JSON.stringify({ ...base, sights: [{ ...base.sights[0], bad }] })),
      contacts: {},
    }).lines[1]!;
    expect(line).toContainEqual({
      untrusted:
        '0 of 40 well; badly: <!channel> 0 (x), <!channel> 1 (x), <!channel> 2 (x), <!channel> 3 (x) and 36 more',
    });
  });
});
