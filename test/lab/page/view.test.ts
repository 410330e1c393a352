import { describe, expect, it } from 'vitest';
import {
  bandsOf,
  type Host,
  html,
  renderBlocks,
  renderMessage,
  renderModal,
  renderOutage,
  renderRegions,
  renderRogue,
  type Scene,
  size,
  ticksOf,
  whyNot,
  windowOf,
} from '../../../lab/page/public/view.js';
import type { SeenMessage, SeenView } from '../../../lab/slack/types.ts';
import { button, plain } from '../slack/support.ts';
import { reader } from './reader.ts';
import { quietWorld } from './support.ts';

const NOW = 1_800_000_000_000;
const host: Host = { kind: 'message', channel: 'C1', id: '1.1', busy: new Set() };
const scene: Scene = { reader, busy: new Set(), notices: {} };

const message: SeenMessage = {
  channel: 'C1',
  ts: '1.1',
  broadcast: false,
  user: 'U0BOT',
  isBot: true,
  text: 'hello',
  blocks: [],
  at: NOW,
  edits: 0,
  pinned: false,
  reactions: [],
  replyCount: 0,
  elements: [],
  permalink: '',
};
const text = (one: { text: string }) => one.text.replace(/<[^>]*>/g, ' ').replace(/[ \n]+/g, ' ');

describe('html', () => {
  it('escapes what is not HTML, whatever shape it has', () => {
    expect(html`<b>${'<i>'}${html`<u>${'"'}</u>`}${[1, '&']}${null}${false}</b>`.text).toBe(
      '<b>&lt;i&gt;<u>&quot;</u>1&amp;</b>',
    );
    const spoof = JSON.parse('{"text":"<script>"}');
    expect(html`${spoof}`.text).not.toContain('<script>');
  });
});

describe('blocks', () => {
  it('give a button all a click needs, with its question', () => {
    const confirm = { title: plain('Sure?'), text: plain('No way "back"'), confirm: plain('Go'), deny: plain('No') };
    const block = { type: 'actions', block_id: 'b', elements: [button('go', 'Go…', { value: 'a"b', confirm })] };
    const out = renderBlocks([block], reader, host).text;
    for (const mark of ['data-action="go"', 'data-channel="C1"', 'data-id="1.1"', 'data-value="a&quot;b"', '>Go…<']) {
      expect(out).toContain(mark);
    }
    expect(out).toContain('&quot;title&quot;:&quot;Sure?&quot;');
  });

  it('show a button that is being answered as busy', () => {
    const block = { type: 'actions', block_id: 'b', elements: [button('go')] };
    expect(renderBlocks([block], reader, { ...host, busy: new Set(['1.1 b go']) }).text).toContain('disabled');
  });

  it('stay text where they are hostile', () => {
    const evil = '"><script>alert(1)</script>';
    const out = renderBlocks(
      [
        { type: 'header', text: plain(evil) },
        { type: 'section', block_id: evil, text: { type: 'plain_text', text: evil }, fields: [plain(evil)] },
        { type: 'actions', block_id: evil, elements: [button(evil, evil, { value: evil, style: evil })] },
        { type: 'image', alt_text: evil, image_url: 'javascript:alert(1)' },
        { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: evil }] }] },
        { type: evil },
        { type: 'section', text: { type: 'mrkdwn', text: { text: evil } } },
      ],
      reader,
      host,
    ).text;
    expect(out).not.toContain('<script');
    expect(out).not.toContain('javascript:');
  });
});

describe('a message', () => {
  it('says how often it was edited, and that it is also in the channel', () => {
    const edited = { ...message, edits: 3, threadTs: '1.0', broadcast: true };
    expect(text(renderMessage(edited, scene, { where: 'thread' }))).toContain('edited 3 times');
    expect(text(renderMessage(edited, scene, { where: 'thread' }))).toContain('also sent to the channel');
    expect(text(renderMessage(edited, scene, { where: 'channel', parent: message }))).toContain(
      'from the thread of: hello',
    );
  });

  it('shows at itself why a click did not go through', () => {
    const notices = { '1.1': whyNot('dispatch_failed', 'regent') ?? '' };
    const out = renderMessage(message, { ...scene, notices }, { where: 'channel' }).text;
    expect(out).toContain('role="alert">✖ regent is not connected, nothing was sent.');
  });
});

describe('a modal', () => {
  it('puts errors and hints beside their fields and ties them together', () => {
    const view: SeenView = {
      id: 'V1',
      type: 'modal',
      callbackId: '',
      title: 'Deny',
      submit: 'Send',
      privateMetadata: '',
      externalId: '',
      hash: '',
      blocks: [{ type: 'input', block_id: 'why' }],
      inputs: [
        {
          blockId: 'why',
          actionId: 'v',
          label: 'Why?',
          type: 'plain_text_input',
          optional: false,
          hint: 'Short',
          initial: '"x"',
        },
      ],
      elements: [],
      errors: { why: 'Too short <b>' },
    };
    const out = renderModal(view, scene, { below: 0, sending: true }).text;
    expect(out).toContain('aria-describedby="field-V1-why-hint field-V1-why-error"');
    expect(out).toContain('✖ Too short &lt;b&gt;');
    expect(out).toContain('value="&quot;x&quot;"');
    expect(out).toContain('disabled aria-busy="true"');
  });
});

describe('the world', () => {
  it('says in words what the picture shows', () => {
    const world = quietWorld(NOW);
    const [east, west] = text(renderRegions(world)).split('us-west-2');
    expect(east).toMatch(/clients arrive here.*★ primary.*takes writes.*★ master.*api-gateway.*3\/3/);
    expect(west).toMatch(/no client arrives here.*↻ standby.*1\.4 kB behind.*1\/2/);
  });

  it('tells pods that go, pods that come, and no pods', () => {
    const world = quietWorld(NOW);
    world.regions[0]!.deployments = [
      { name: 'a', wanted: 0, ready: 2 },
      { name: 'b', wanted: 0, ready: 0 },
      { name: 'c', wanted: 3, ready: 1 },
      { name: 'd', wanted: 40, ready: 39 },
    ];
    const out = renderRegions({ ...world, regions: world.regions.slice(0, 1) });
    expect(text(out)).toMatch(/a 2→0 b off c 1\/3 d 39\/40/);
    expect(out.text.match(/class="leaving"/g)).toHaveLength(2);
    expect(out.text.match(/class="coming"/g)).toHaveLength(2);
  });

  it('does not call unknown what is none, nor none what is unknown', () => {
    const world = quietWorld(NOW);
    world.regions[1]!.database = { role: 'unknown', lagBytes: null, timeline: null, readOnly: null };
    world.regions[1]!.redis = null;
    const out = text(renderRegions({ ...world, dns: [] }));
    expect(out).toMatch(/unknown.*does not answer.*Redis: not in this lab/);
  });

  it('says when two databases took writes', () => {
    expect(text(renderRogue({ tried: 9, acknowledged: 4, acknowledgedAfterFence: 3 }))).toContain(
      '✖ 3 taken after the fence: two databases took writes',
    );
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1432, '1.4 kB'],
    [999_950, '1.0 MB'],
    [123_456_789, '123 MB'],
  ])('%d bytes are %s', (bytes, said) => {
    expect(size(bytes)).toBe(said);
  });
});

describe('the writer’s line', () => {
  const write = (at: number, ok = true, region: string | null = 'east') => ({ at, ok, region, ms: 10 });

  it('places writes by their time and leaves out what is past', () => {
    const ticks = ticksOf([write(NOW - 30_000), write(NOW - 5000), write(NOW, false)], NOW, 20_000);
    expect(ticks.map(({ x, ok }) => [x, ok])).toEqual([
      [0.75, true],
      [1, false],
    ]);
  });

  it('names who took them and where they were refused', () => {
    const recent = [write(NOW - 4), write(NOW - 3), write(NOW - 2, false, null), write(NOW - 1, true, 'west')];
    expect(bandsOf(ticksOf(recent, NOW, 10)).map(({ label, ok }) => [label, ok])).toEqual([
      ['east', true],
      ['refused', false],
      ['west', true],
    ]);
  });

  it('shows less time when the writes do not reach back so far', () => {
    expect(windowOf([write(NOW)])).toBe(20_000);
    expect(windowOf(Array.from({ length: 200 }, (_, at) => write(NOW + at * 50)))).toBe(9000);
  });

  it('counts an outage while it lasts and keeps what it took', () => {
    expect(text(renderOutage({ since: NOW - 1234, lastMs: null }, NOW))).toContain('writes refused for 1\u202f234 ms');
    expect(text(renderOutage({ since: null, lastMs: 6204 }, NOW))).toContain('downtime 6\u202f204 ms');
    expect(text(renderOutage({ since: null, lastMs: null }, NOW))).toContain('no downtime so far');
  });
});
