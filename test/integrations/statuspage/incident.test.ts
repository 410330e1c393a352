import { describe, expect, it } from 'vitest';
import { found, incidentsIn, linkIn } from '../../../src/integrations/statuspage/incident.ts';

const doing = { operation: 'open', what: 'The status page was not told about eden-7' };

describe('incidents as Statuspage shows them', () => {
  it('are known by the key in their metadata, and carry what was said last', () => {
    const updates = [
      { status: 'monitoring', body: 'second', created_at: '2026-11-21T02:00:01.000Z' },
      { status: 'investigating', body: 'first', created_at: '2026-11-21T02:00:00.000Z' },
    ];
    const ours = { id: 'a/1', status: 'monitoring', metadata: { regent: { key: 'eden-7' } }, shortlink: 'https://s/1' };
    const list = incidentsIn([{ id: 'b' }, { ...ours, incident_updates: updates.toReversed() }, null, {}], doing);
    expect(list).toHaveLength(2);
    expect(found('eden-7', list)).toEqual({
      id: 'a%2F1',
      key: 'eden-7',
      status: 'monitoring',
      link: 'https://s/1',
      last: { status: 'monitoring', body: 'second' },
    });
    expect(found('eden-8', list)).toBeUndefined();
    expect(found('', list)).toBeUndefined();
  });

  it.each([[{}], [null], ['[]'], [{ incidents: [] }]])('are not taken for none when the answer is %j', (body) => {
    expect(() => incidentsIn(body, doing)).toThrow('about eden-7: Statuspage’s answer is no list of incidents.');
  });

  it('have a link or none', () => {
    expect([linkIn({ shortlink: 'https://s/1' }), linkIn({}), linkIn(null)]).toEqual(['https://s/1', null, null]);
  });
});
