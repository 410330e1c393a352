import { describe, expect, it } from 'vitest';
import { contactsIn, onCallsIn, reachable, within } from '../../../src/integrations/pagerduty/answers.ts';

describe('what PagerDuty answers', () => {
  it('is read with care', () => {
    expect(within({ notes: [{ content: 'a' }, null, 'b'] }, 'notes')).toEqual([{ content: 'a' }]);
    expect([within(null, 'notes'), within({ notes: {} }, 'notes'), within([], 'notes')]).toEqual([[], [], []]);
    expect([onCallsIn({}), onCallsIn(null), onCallsIn({ oncalls: 'x' })]).toEqual([undefined, undefined, undefined]);
  });

  it('gives each person once, at the level they are called first', () => {
    const oncalls = [
      { user: { id: 'B', summary: 'Bo' }, escalation_level: 2, end: null },
      { user: { id: 'A', name: 'Ana', email: 'ana@x.example' }, escalation_level: 1, end: '2026-11-21T08:00:00Z' },
      { user: { id: 'B', summary: 'Bo' }, escalation_level: 3, end: null },
      { user: {}, escalation_level: 1 },
      { escalation_level: 1 },
    ];
    expect(onCallsIn({ oncalls })).toEqual([
      { id: 'A', name: 'Ana', email: 'ana@x.example', level: 1, until: '2026-11-21T08:00:00Z' },
      { id: 'B', name: 'Bo', email: null, level: 2, until: null },
    ]);
  });

  it('puts numbers before addresses, each once', () => {
    const contact_methods = [
      { type: 'email_contact_method', address: 'ana@x.example' },
      { type: 'sms_contact_method', address: '2071234', country_code: 44 },
      { type: 'phone_contact_method', address: '2071234', country_code: 44 },
      { type: 'phone_contact_method', address: '5551234' },
      { type: 'push_notification_contact_method', address: 'device' },
    ];
    const contacts = contactsIn({ contact_methods });
    expect(contacts).toEqual(['+44 2071234', '+1 5551234', 'ana@x.example']);
    const duty = { id: 'A', name: 'Ana', email: 'ana@x.example', level: 1, until: null };
    expect(reachable(duty, contacts).reach).toEqual(contacts);
    expect(reachable(duty, []).reach).toEqual(['ana@x.example']);
  });
});
