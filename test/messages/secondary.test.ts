/** What people read of a run that moves nothing: never "moved", never "fenced", and who serves stands in every line. */
import { expect, it } from 'vitest';
import { maySwitch } from '../../src/machine/facts.ts';
import { LOST_SECONDARY } from '../../src/machine/types.ts';
import { returned } from '../../src/messages/returned.ts';
import { check, gate, plan as makePlan, step, story } from '../support/machine.ts';
import { read, text } from './scenes.ts';

const NODES = [
  check('not-primary', 'validating'),
  gate('declare', 'redirecting', { title: 'Take west out of service', after: ['not-primary'] }),
  step('leave-dns', 'redirecting'),
  check('protection-known', 'securing'),
];
const record = { provider: 'route53', zone: 'Z1', name: 'api.example.com', type: 'A', ttl: 60, oldTtl: 60 } as const;
const base = makePlan(NODES);
const dns = [{ ...record, old: ['192.0.2.1', '192.0.2.2'], new: ['192.0.2.1'] }];
const own = { ...base, runbook: LOST_SECONDARY, source: 'west', target: 'east', values: { ...base.values, dns } };
const begun = () =>
  story()
    .take({
      type: 'REQUESTED',
      run: 'eden-1',
      organization: 'eden',
      runbook: LOST_SECONDARY,
      mode: 'planned',
      source: 'west',
      target: 'east',
      reason: 'west is dark',
      requestedBy: 'UREQ',
      objectives: { rtoMs: 1_800_000, rpoMs: 300_000 },
      nodes: NODES,
    })
    .planned(own)
    .found('not-primary')
    .open('declare');
const over = () =>
  begun()
    .take({ type: 'GATE_DECIDED', gate: 'declare', hash: own.hash, decision: 'approved', how: 'votes', reason: null })
    .finish('leave-dns')
    .take({
      type: 'STEP_ALREADY_DONE',
      step: 'protection-known',
      evidence: { warning: 'UNPROTECTED: nothing stands by for east' },
      summary: 'UNPROTECTED: nothing stands by for east',
    });

it('the gate says what it means, what changes, and that nothing is promoted', () => {
  const card = read('gate', begun(), { gate: 'declare', round: 1 });
  expect(card.slice(0, 4)).toEqual([
    'Take west out of service · west out of service, east serves · eden-1',
    'What it means: west is taken out of what points to it. Nothing is promoted, and east serves on.',
    '`api.example.com 192.0.2.1 192.0.2.2 → 192.0.2.1`',
    'All of it can be undone. Until another standby streams, the system has nothing to fall back on.',
  ]);
  expect(card.at(-1)).toContain('[Take out of service: primary]');
});

it('the plan, the headline, the status and the last word never say that something was moved', () => {
  const told = over();
  expect(read('ended', told)).toEqual([
    'eden-1 · west out of service, east serves · ✔ west is out of service, east serves as before.',
    'Regent watches for west, and says so when it streams from east again.',
    '✖ ‹UNPROTECTED: nothing stands by for east›',
  ]);
  const all = [
    ...read('headline', told),
    ...read('plan', begun(), { hash: own.hash }),
    ...read('stakeholders', told),
    ...read('ended', told),
  ].join('\n');
  expect(all).toContain('west is not the primary: nothing is promoted, stopped or fenced; east serves on');
  expect(all).toContain('Take west out of 1 DNS records');
  expect(all).not.toMatch(/moved|west → east|is fenced|Promote|RTO met/);
});

it('never becomes an emergency: that would leave the region that serves', () => {
  expect(maySwitch(begun().c)).toBe(false);
});

it('that it is back is told with what is left to put back; back as a primary it is no good news', () => {
  const records = [{ name: 'api.example.com', values: ['192.0.2.1', '192.0.2.2'] }];
  const facts = { region: 'west', run: 'eden-1', target: 'east', since: 1000, at: 9000, role: 'standby', records };
  expect(text(returned({ facts }))).toEqual([
    '✔ west streams from east again since 9 s',
    'It was out of service since 1 s (eden-1).',
    'Left to people: put back into DNS what that run took out, once the region is well.',
    '`api.example.com  192.0.2.1 192.0.2.2`',
  ]);
  const wrong = returned({ facts: { ...facts, role: 'primary', records: [] } });
  expect([wrong.tone, text(wrong)[2]]).toEqual(['bad', '🔴 It should be a standby of east: look at both servers now.']);
});
