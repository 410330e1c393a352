/** Going home: from where it serves to where it is at home, and never from there. */
import { beforeEach, expect, it } from 'vitest';
import { type Bench, bench, said } from './bench.ts';

let here: Bench;
/** West serves; east, which is home, follows. */
async function away(options: Parameters<typeof bench>[0] = {}): Promise<void> {
  here = await bench(options);
  Object.assign(here.state.servers['west']!, { role: 'primary', streamingFrom: null });
  Object.assign(here.state.servers['east']!, { role: 'standby', streamingFrom: 'west:5432' });
}
beforeEach(() => away());

it.each(['failback reason:"home again"', 'failback east reason:"home again"'])(
  '/dr %s goes home by its own runbook',
  async (line) => {
    expect(said(await here.type('UANA', line))).toContain('eden-1 is the failback west → east.');
    const c = here.ledger.active()!.snapshot.context;
    expect(c).toMatchObject({ runbook: 'failback', mode: 'planned', source: 'west', target: 'east' });
    expect(c.nodes.map(({ id }) => id)).toContain('no-stale-fence');
  },
);

it('without a reason it asks for one, and says where home is', async () => {
  const reply = await here.type('UANA', 'failback');
  expect(reply).toMatchObject({ kind: 'form', form: { id: 'failback', fields: [{ id: 'reason' }] } });
  expect(said(reply)).toContain('Back to east, which serves when nothing has happened.');
  expect(said(await here.submit('UANA', 'failback', {}, { reason: ' ' }))).toBe(
    '(at reason) A failback needs a reason: /dr failback reason:"…". Nothing was started.',
  );
  expect(said(await here.submit('UANA', 'failback', {}, { reason: 'home' }))).toContain('eden-1 is the failback');
});

it.each([
  [
    'failback west reason:"x"',
    'west is not where eden is at home: that is east, by role: primary of the configuration. Leave the region out; anywhere else goes /dr failover. Nothing was started.',
  ],
  [
    'failback esat reason:"x"',
    '“esat” is not a region of eden. Did you mean east? Regions: east, west. Nothing was started.',
  ],
])('/dr %s is refused', async (line, answer) => {
  expect(said(await here.type('UANA', line))).toBe(answer);
  expect(here.ledger.active()).toBeUndefined();
});

it('is refused at home, where nobody serves, and where two do', async () => {
  const { east, west } = here.state.servers;
  east!.role = 'primary';
  expect(said(await here.type('UANA', 'failback reason:"x"'))).toBe(
    'Postgres takes writes in east and in west: look at that first. Nothing was started.',
  );
  west!.role = 'standby';
  expect(said(await here.type('UANA', 'failback reason:"x"'))).toBe(
    'eden is at home already: east serves. Nothing was started.',
  );
  east!.down = true;
  expect(said(await here.type('UANA', 'failback reason:"x"'))).toBe(
    'No region answers as the primary: look at that first. Nothing was started.',
  );
  expect(here.ledger.active()).toBeUndefined();
});

it('is refused while home is kept from taking writes, and while a run is under way', async () => {
  await away({
    keptFence: { owed: () => ({ run: 'eden-3', source: 'east', target: 'west' }), release: async () => true },
  });
  expect(said(await here.type('UANA', 'failback reason:"x"'))).toBe(
    'east is no standby yet: Regent keeps it from taking writes since eden-3. Make it a standby of west first. Nothing was started.',
  );
  await away();
  await here.type('UANA', 'failback reason:"x"');
  expect(said(await here.type('UBO', 'failback reason:"x"'))).toContain('eden-1 is already moving west → east');
});
