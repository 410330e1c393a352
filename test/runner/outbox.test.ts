/** Telling people: edited in place, urgent first, retried, never twice, and never in the way. */
import { afterEach, describe, expect, it } from 'vitest';
import { whereIs } from '../../src/machine/due.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import type { Chat, Message, Posted, PostTarget } from '../../src/ports/chat.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { Outbox, type Render } from '../../src/runner/outbox.ts';
import { type Bench, bench } from '../commands/bench.ts';
import { lineText, text } from '../messages/scenes.ts';

const plain = (title: string): Message => ({ title, lines: [], tone: 'plain', actions: [] });
/** `word` says what its facts say: a message that belongs to no run, or one with a place of its own. */
const render: Render = (name, view, facts, now) =>
  name === 'word'
    ? plain(String(facts['says']))
    : (view &&
        MESSAGES[name]?.({ c: view.snapshot.context, where: whereIs(view.snapshot), now, facts, contacts: {} })) ||
      null;

type Standing = { ts: string; key: string; target: PostTarget; message: Message; edits: number; pinned: boolean };

/** A channel with a memory: a key posted before is found again, as a real adapter finds it. */
function channel() {
  const standing: Standing[] = [];
  const self = {
    standing,
    log: [] as string[],
    /** Makes a call fail, before or after it took effect. */
    before: (_what: string, _message?: Message): void => {},
    after: (_what: string): void => {},
    hang: false,
    title: (one: Standing) => lineText(one.message.title),
    chat: {} as Pick<Chat, 'post' | 'update' | 'pin'>,
  };
  const entered = async (what: string, message: Message | undefined, signal: AbortSignal) => {
    self.log.push(message ? `${what} ${lineText(message.title)}` : what);
    if (self.hang) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    self.before(what, message);
  };
  self.chat = {
    async post(target, message, key, signal) {
      await entered('post', message, signal);
      let there = standing.find((one) => one.key === key);
      if (!there) {
        there = { ts: `${standing.length + 1}`, key, target, message, edits: 0, pinned: false };
        standing.push(there);
      }
      self.after('post');
      return { channel: target.channel, ts: there.ts };
    },
    async update(posted, message, signal) {
      await entered('update', message, signal);
      const there = standing.find((one) => one.ts === posted.ts);
      if (!there) return 'gone';
      there.message = message;
      there.edits += 1;
      self.after('update');
      return 'updated';
    },
    async pin(posted: Posted, signal) {
      await entered('pin', undefined, signal);
      standing.find((one) => one.ts === posted.ts)!.pinned = true;
    },
  };
  return self;
}

const EDIT = 1000;
const TICK = 15_000;
const places: { word: { channel: string } | null | undefined } = { word: undefined };
const running: { stop: AbortController; outbox: Outbox }[] = [];
afterEach(async () => {
  for (const { stop, outbox } of running.splice(0)) {
    stop.abort();
    await outbox.stopped();
  }
});

type Room = ReturnType<typeof channel>;
function start(here: Bench, room: Room, journal: Journal = here.journal) {
  const stop = new AbortController();
  const warnings: object[] = [];
  const outbox = new Outbox({
    journal,
    ledger: here.ledger,
    chat: room.chat as Chat,
    clock: here.clock,
    log: { info() {}, warn: (fields) => void warnings.push(fields), error() {} },
    render,
    channel: 'C1',
    placeOf: (name) => (name === 'word' ? places.word : undefined),
    editEveryMs: EDIT,
    headlineTickMs: TICK,
    callMs: 1000,
    stop: stop.signal,
  });
  outbox.start();
  running.push({ stop, outbox });
  return { stop, outbox, warnings };
}

const open = async () => {
  const here = await bench();
  const room = channel();
  return { here, room, ...start(here, room) };
};
const begin = (here: Bench) => here.type('UANA', 'failover east reason:"maintenance"');
const headline = (room: Room) => room.standing[0]!;

describe('what belongs to no run', () => {
  const says = (words: string) => ({ slot: 'word:1', name: 'word', facts: { says: words }, broadcast: false });
  const noted = (here: Bench, words: string) =>
    here.ledger.note({ type: 'NOTICE', actor: 'person:UANA', data: {} }, null, [says(words)]);
  afterEach(() => {
    places.word = undefined;
  });

  it('is posted on its own, and edited in place when there is more of it', async () => {
    const { here, room } = await open();
    await noted(here, 'a notice');
    await here.clock.advance(0);
    expect(room.standing).toMatchObject([{ target: { channel: 'C1' }, message: { title: 'a notice' } }]);
    expect(room.standing[0]!.target).not.toHaveProperty('thread');
    await noted(here, 'another word');
    await here.clock.advance(EDIT);
    expect(room.standing).toMatchObject([{ message: { title: 'another word' }, edits: 1 }]);
    expect(await here.journal.unsent()).toEqual([]);
  });

  it('goes to the place of its own, or nowhere', async () => {
    const { here, room } = await open();
    places.word = { channel: 'CDEV' };
    await noted(here, 'to the developers');
    await here.clock.advance(0);
    expect(room.standing).toMatchObject([{ target: { channel: 'CDEV' } }]);
    places.word = null;
    await noted(here, 'to nobody');
    await here.clock.advance(EDIT);
    expect(room.standing).toMatchObject([{ message: { title: 'to the developers' } }]);
    expect(await here.journal.unsent()).toEqual([]);
  });
});

describe('a run', () => {
  it('has a message drawn anew though nothing happened to it', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(EDIT);
    const { outbox } = running.at(-1)!;
    const what = (words: string) => ({ slot: 'word:7', name: 'word', facts: { says: words } });
    outbox.redraw('eden-1', what('10 %'));
    await here.clock.advance(0);
    outbox.redraw('eden-1', what('20 %'));
    outbox.redraw('eden-1', what('30 %'));
    await here.clock.advance(EDIT);
    const one = room.standing.find(({ key }) => key.includes('word:7'))!;
    expect(one).toMatchObject({ target: { thread: { ts: '1' } }, message: { title: '30 %' }, edits: 1 });
  });

  it('stands as a pinned headline first, its thread below, its cards also in the channel', async () => {
    const { here, room } = await open();
    await here.asked();
    await here.clock.advance(5000);
    expect(headline(room)).toMatchObject({ target: { channel: 'C1' }, pinned: true });
    expect(headline(room).target).not.toHaveProperty('thread');
    const thread = room.standing.slice(1);
    expect(thread.map(({ target }) => target.thread?.ts)).toEqual(thread.map(() => '1'));
    const broadcast = thread.filter(({ target }) => target.broadcast).map(room.title);
    expect(broadcast).toEqual(['Approve promotion · east → west · eden-1', 'Confirm DNS · east → west · eden-1']);
    expect(await here.journal.unsent()).toEqual([]);
  });

  it('has its headline first even where a card is more urgent', async () => {
    const here = await bench();
    await here.asked();
    const room = channel();
    start(here, room);
    await here.clock.advance(0);
    expect(room.log.slice(0, 3).map((line) => line.split(' · ')[0])).toEqual([
      'post 🔶 eden-1',
      'pin',
      'post Approve promotion',
    ]);
  });

  it('is edited in place: the first change at once, what follows quickly in one edit', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(5000);
    expect([room.standing.length, headline(room).edits]).toEqual([1, 0]);
    await here.type('UANA', 'pause');
    await here.type('UANA', 'resume');
    await here.type('UANA', 'pause');
    await here.type('UBO', 'note all quiet');
    await here.clock.advance(2000);
    expect(headline(room).edits).toBe(2);
    expect(text(headline(room).message)[1]).toContain('paused by @UANA');
  });

  it('is edited at most so often; a card people must answer is not made to wait', async () => {
    const { here, room } = await open();
    await here.asked();
    await here.clock.advance(0);
    expect(room.standing.map(room.title)).toContain('Approve promotion · east → west · eden-1');
    await here.type('UBO', 'approve');
    await here.clock.advance(10);
    const card = room.standing.find((one) => room.title(one).startsWith('Approve promotion'))!;
    expect(text(card.message).at(-1)).toContain('✔ Approved by @UBO');
    const edits = headline(room).edits;
    await here.clock.advance(EDIT - 100);
    expect(headline(room).edits).toBe(edits);
    await here.clock.advance(100);
    expect(headline(room).edits).toBe(edits + 1);
  });

  it('says its last word at once', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(10);
    await here.type('UANA', 'abort reason:"x"');
    await here.clock.advance(10);
    expect(text(headline(room).message)[1]).toContain('aborted at');
    expect(room.standing.some((one) => room.title(one).includes('✖ aborted at'))).toBe(true);
  });

  it('has its clock drawn anew now and then, and no longer after its end', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(3 * TICK + 100);
    expect(headline(room).edits).toBe(3);
    expect(text(headline(room).message)[3]).toContain('0:45 elapsed');
    await here.type('UANA', 'abort reason:"x"');
    await here.clock.advance(10);
    const { edits } = headline(room);
    await here.clock.advance(4 * TICK);
    expect(headline(room).edits).toBe(edits);
  });

  it('is not edited where nothing would change', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(2000);
    const before = room.log.length;
    await here.journal.transact((tx) =>
      tx.announce([
        { key: 'x', run: 'eden-1', slot: 'plan:9', name: 'plan', facts: { hash: 'older' }, broadcast: false, at: 0 },
      ]),
    );
    await here.clock.advance(TICK);
    expect(room.log.slice(before).filter((line) => line.startsWith('post'))).toEqual([]);
    expect(await here.journal.unsent()).toEqual([]);
  });
});

describe('a message somebody deleted', () => {
  it('is posted anew, and pinned again', async () => {
    const { here, room } = await open();
    await begin(here);
    await here.clock.advance(2000);
    room.standing.splice(0, 1, { ...headline(room), ts: 'deleted' });
    await here.type('UANA', 'pause');
    await here.clock.advance(2000);
    const again = room.standing.find((one) => room.title(one).startsWith('🔶') && one.ts !== 'deleted')!;
    expect(again.key).toBe('eden-1:headline:1');
    expect(again.pinned).toBe(true);
    expect(await here.journal.posted('eden-1', 'headline')).toEqual({ channel: 'C1', ts: again.ts });
  });
});

describe('a chat that fails', () => {
  it('is tried less and less often, blocks nothing, and gets everything once it is back', async () => {
    const { here, room, warnings } = await open();
    room.before = () => {
      throw new Error('slack is down');
    };
    await here.asked();
    expect(here.context().gates['promote']!.status).toBe('open');
    await here.clock.advance(60_000);
    const tries = room.log.length;
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(60);
    expect(warnings.length).toBeGreaterThan(0);
    await here.clock.advance(60_000);
    expect(room.log.length - tries).toBeLessThan(tries);
    room.before = () => {};
    await here.clock.advance(60_000);
    expect(await here.journal.unsent()).toEqual([]);
    expect(headline(room).pinned).toBe(true);
    expect(new Set(room.standing.map(({ key }) => key)).size).toBe(room.standing.length);
  });

  it('at one message does not keep the others from people', async () => {
    const { here, room } = await open();
    room.before = (_, message) => {
      if (message && lineText(message.title).startsWith('Approve promotion')) throw new Error('invalid_blocks');
    };
    await here.asked();
    await here.clock.advance(5000);
    expect(room.standing.map(room.title)).toContain('Confirm DNS · east → west · eden-1');
    expect((await here.journal.unsent()).map(({ slot }) => slot)).toEqual(['gate:promote:1']);
    room.before = () => {};
    await here.clock.advance(60_000);
    expect(room.standing.map(room.title)).toContain('Approve promotion · east → west · eden-1');
  });

  it('only in pinning has told people all the same', async () => {
    const { here, room, warnings } = await open();
    room.before = (what) => {
      if (what === 'pin') throw new Error('not_allowed');
    };
    await begin(here);
    await here.clock.advance(2000);
    expect(await here.journal.unsent()).toEqual([]);
    expect(headline(room).pinned).toBe(false);
    expect(warnings).toMatchObject([{ error: 'not_allowed' }]);
  });

  it('by never answering is given up on after its time', async () => {
    const { here, room } = await open();
    room.hang = true;
    await begin(here);
    await here.clock.advance(2900);
    expect(room.log).toHaveLength(1);
    room.hang = false;
    await here.clock.advance(10_000);
    expect(room.standing).toHaveLength(1);
  });
});

describe('started again on the same journal', () => {
  it('nothing is sent twice', async () => {
    const here = await bench();
    const room = channel();
    const first = start(here, room);
    await here.asked();
    await here.clock.advance(5000);
    first.stop.abort();
    await first.outbox.stopped();
    const [posts, log] = [room.standing.length, room.log.length];
    start(here, room);
    await here.clock.advance(5000);
    expect(room.standing).toHaveLength(posts);
    expect(room.log.slice(log)).toEqual([]);
    await here.type('UANA', 'pause');
    await here.clock.advance(5000);
    expect(room.standing.filter((one) => room.title(one).startsWith('🔶'))).toHaveLength(1);
    expect(text(headline(room).message)[1]).toContain('paused by @UANA');
  });

  it('a post whose answer was lost is made with the same key: it stands there once', async () => {
    const here = await bench();
    const room = channel();
    room.after = (what) => {
      if (what === 'post') throw new Error('the answer was lost');
    };
    const first = start(here, room);
    await begin(here);
    await here.clock.advance(100);
    first.stop.abort();
    await first.outbox.stopped();
    expect(room.standing).toHaveLength(1);
    room.after = () => {};
    start(here, room);
    await here.clock.advance(5000);
    expect(room.standing).toHaveLength(1);
    expect(headline(room).pinned).toBe(true);
    expect(await here.journal.unsent()).toEqual([]);
  });
});

it('a journal that cannot be read is no reason to spin', async () => {
  const here = await bench();
  const room = channel();
  let reads = 0;
  const journal: Journal = {
    ...here.journal,
    unsent: async () => {
      reads += 1;
      throw new Error('disk I/O error');
    },
  };
  const { warnings } = start(here, room, journal);
  await here.clock.advance(60_000);
  expect(reads).toBeLessThan(10);
  expect(warnings.length).toBe(reads);
});
