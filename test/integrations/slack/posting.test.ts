/** Reading back before saying again: whose word counts, how far is read, and when silence is the answer. */
import { expect, test } from 'vitest';
import type { Api } from '../../../src/integrations/slack/api.ts';
import type { Answers, MethodName } from '../../../src/integrations/slack/methods.ts';
import { createPosting } from '../../../src/integrations/slack/posting.ts';
import { IntegrationError } from '../../../src/lib/errors.ts';
import { keptLog, message, signal, systemClock } from './support.ts';

type Call = { method: MethodName; args: Record<string, unknown> };
const own = (ts: string, key: string) => wrote(ts, key, 'U0BOT');
const wrote = (ts: string, key: string, user: string) => ({
  ts,
  user,
  metadata: { event_type: 'regent_message', event_payload: { key } },
});
const lost = (operation: string) =>
  new IntegrationError('lost', { code: 'slack_no_answer', system: 'slack', operation, effect: 'unknown' });

/** Slack as far as it matters here: each call is answered by `answer`, which may throw. */
function posting(answer: (call: Call, calls: Call[]) => object) {
  const calls: Call[] = [];
  const api: Api = {
    async call<M extends MethodName>(method: M, args: Record<string, unknown>): Promise<Answers[M]> {
      const call = { method, args };
      calls.push(call);
      return answer(call, calls) as Answers[M];
    },
  };
  const posts = () => calls.filter(({ method }) => method === 'chat.postMessage').length;
  const say = createPosting({ api, clock: systemClock, log: keptLog(), botUser: () => 'U0BOT' });
  return { calls, posts, post: (thread?: string) => say.post(target(thread), message('card'), 'k', signal()) };
}
const target = (thread?: string) => ({ channel: 'C1', ...(thread ? { thread: { channel: 'C1', ts: thread } } : {}) });

test('only our own messages count: somebody else’s metadata cannot silence us', async () => {
  const { post, posts } = posting(({ method }) =>
    method === 'chat.postMessage' ? { ts: '2.000000' } : { messages: [wrote('1.000000', 'k', 'U0EVE')] },
  );
  expect(await post()).toEqual({ channel: 'C1', ts: '2.000000' });
  expect(posts()).toBe(1);
});

test('lost twice and surely not there: no effect, after two tries and no third', async () => {
  const { post, posts } = posting(({ method }) => {
    if (method === 'chat.postMessage') throw lost(method);
    return { messages: [] };
  });
  await expect(post()).rejects.toMatchObject({
    effect: 'none',
    message: expect.stringContaining('not in the channel'),
  });
  expect(posts()).toBe(2);
});

test('what appears only a moment later is found', async () => {
  const { post, posts } = posting(({ method }, calls) => {
    if (method === 'chat.postMessage') throw lost(method);
    return { messages: calls.length > 3 ? [own('5.000000', 'k')] : [] };
  });
  expect(await post()).toEqual({ channel: 'C1', ts: '5.000000' });
  expect(posts()).toBe(1);
});

test('a thread is read to its end, and only what is new in it the second time', async () => {
  const { post, calls } = posting(({ method, args }, before) => {
    if (method === 'chat.postMessage') throw lost(method);
    if (args['cursor'] === 'next') return { messages: [own('1000000003.000000', 'x')] };
    if (before.length === 1) {
      return { messages: [own('1000000001.000000', 'y')], response_metadata: { next_cursor: 'next' } };
    }
    return { messages: [own('1000000004.000000', 'k')] };
  });
  expect(await post('1000000001.000000')).toMatchObject({ ts: '1000000004.000000' });
  expect(calls.map(({ method, args }) => [method, args['oldest']])).toEqual([
    ['conversations.replies', undefined],
    ['conversations.replies', undefined],
    ['chat.postMessage', undefined],
    ['conversations.replies', '1000000003.000000'],
  ]);
});

test('an unreadable past does not keep us silent', async () => {
  const { post } = posting(({ method }) => {
    if (method !== 'chat.postMessage') throw lost(method);
    return { ts: '2.000000' };
  });
  expect(await post()).toMatchObject({ ts: '2.000000' });
});

test('a refusal is passed on at once', async () => {
  const { post, posts } = posting(({ method }) => {
    if (method !== 'chat.postMessage') return { messages: [] };
    throw new IntegrationError('no', { code: 'slack_is_archived', system: 'slack', operation: method, effect: 'none' });
  });
  await expect(post()).rejects.toMatchObject({ code: 'slack_is_archived' });
  expect(posts()).toBe(1);
});
