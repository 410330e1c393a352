import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SlackLab, Snapshot } from '../../../lab/slack/types.ts';
import { startBot } from '../slack/support.ts';
import { readEvents } from './read-events.ts';
import { failoverScript } from './script.ts';
import { openPage, people, type Stage, SUGGESTED } from './support.ts';

let slack: SlackLab;
let stage: Stage;

beforeEach(async () => {
  slack = await people();
  stage = await openPage(slack);
});
afterEach(async () => {
  await stage.page.close();
  await slack.close();
});

interface Answer {
  status: number;
  body: { error?: string; result?: Record<string, unknown>; slack?: Snapshot };
}

async function act(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${stage.page.url}act`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** `fetch` does not let one choose the Host. */
function getAs(host: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(stage.page.url, { headers: { host } }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.on('error', reject).end();
  });
}

describe('files and setup', () => {
  it('serves the page with a policy that allows only its own files', async () => {
    const response = await fetch(stage.page.url);
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(await response.text()).toContain('<script type="module" src="app.js">');
    const script = await fetch(`${stage.page.url}view/mrkdwn.js`);
    expect(script.headers.get('content-type')).toContain('text/javascript');
  });

  it.each(['../server.ts', '..%2fserver.ts', 'view.d.ts', 'nothing.js', 'view'])('has no %s', async (path) => {
    const response = await fetch(stage.page.url + path);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { error: string }).error).toMatch(/^Nothing answers "GET .*" here/);
  });

  it('says who one can be and what they may do', async () => {
    const setup = (await (await fetch(`${stage.page.url}setup`)).json()) as { people: object[]; suggested: string };
    expect(setup.suggested).toBe(SUGGESTED);
    expect(setup.people).toHaveLength(5);
    expect(setup.people[0]).toMatchObject({ id: 'U0ANA', name: 'Ana', may: 'asks for a failover' });
    expect(setup.people[4]).toMatchObject({ id: 'U0EVE', may: 'may do nothing' });
  });
});

describe('who may ask', () => {
  it('answers only under a name of this machine', async () => {
    const port = new URL(stage.page.url).port;
    expect((await getAs(`localhost:${port}`)).status).toBe(200);
    for (const host of ['lab.example.com', `127.0.0.1.example.com:${port}`]) {
      const { status, text } = await getAs(host);
      expect(status, host).toBe(403);
      expect(text).toContain(`not as \\"${host}\\"`);
    }
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])('refuses what %s sends', async (origin) => {
    const { status, body } = await act({ as: 'U0ANA', do: 'say', channel: 'C0INC', text: 'x' }, { origin });
    expect(status).toBe(403);
    expect(body.error).toBe(
      `The lab's page takes requests only from itself, not from "${origin}": act in its own window.`,
    );
    expect(slack.messages('C0INC')).toHaveLength(0);
  });

  it('takes what its own page sends, as JSON only', async () => {
    const deed = { as: 'U0ANA', do: 'say', channel: 'C0INC', text: 'x' };
    expect((await act(deed, { origin: stage.page.url.replace(/\/$/, '') })).status).toBe(200);
    expect((await act(deed, { 'content-type': 'text/plain' })).status).toBe(403);
  });
});

describe('acting', () => {
  it.each([
    ['{', 'The body is not JSON: send an object like {"as":"U1","do":"command", …}.'],
    ['[]', 'The body is no JSON object: send one like {"as":"U1","do":"command", …}.'],
    [{ do: 'say' }, '"as" is missing: send it as a text.'],
    [{ as: 'U9', do: 'say' }, /^Nobody here has the id "U9": use one of U0ANA \(ana\)/],
    [{ as: 'U0BOT', do: 'say' }, /^Nobody here has the id "U0BOT"/],
    [{ as: 'U0ANA', do: 'toString' }, /^"toString" is nothing one can do here: use one of command, say/],
    [{ as: 'U0ANA', do: 'say', channel: 'C0INC' }, '"text" is missing: send it as a text.'],
    [{ as: 'U0ANA', do: 'say', channel: 'C9', text: 'x' }, /^No channel C9 in the lab's Slack: use one of C0INC/],
    [{ as: 'U0ANA', do: 'command', channel: 'C0INC', line: 'dr' }, /^"dr" is no slash command/],
    [{ as: 'U0ANA', do: 'submitView', view: 'V1', values: { a: 1 } }, /^"values" must be an object of texts/],
    [{ as: 'U0ANA', do: 'closeView', view: 'V1' }, /^U0ANA has no open modal V1/],
  ])('explains %j in one sentence', async (body, sentence) => {
    const answer = await act(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  });

  it('returns what the person sees, and only that', async () => {
    await act({ as: 'U0DEE', do: 'say', channel: 'C0STK', text: 'for stakeholders' });
    const { body } = await act({ as: 'U0ANA', do: 'say', channel: 'C0INC', text: 'hello *all*' });
    expect(body.slack?.channels.map((channel) => channel.name)).toEqual(['incidents']);
    expect(body.slack?.channels[0]?.messages.map((message) => message.text)).toEqual(['hello *all*']);
  });

  it('carries command, click, modal and its errors to a real bot and back', async () => {
    const bot = await startBot(slack, failoverScript, 1);
    try {
      await act({ as: 'U0ANA', do: 'command', channel: 'C0INC', line: SUGGESTED });
      const card = await slack.until(() => slack.messages('C0INC').find((one) => one.text === 'Approve promotion'));
      const click = { as: 'U0ANA', do: 'click', channel: 'C0INC', ts: card.ts };
      const approved = await act({ ...click, actionId: 'approve', value: 'eden-7' });
      expect(approved.body.result).toMatchObject({ ok: true, confirmed: { confirm: 'Approve' } });
      await slack.until(() => slack.ephemerals('U0ANA').some((one) => one.text.startsWith('You cannot approve')));
      await act({ ...click, actionId: 'deny' });
      const view = (await slack.until(() => slack.views('U0ANA')[0])).id;
      const refused = await act({ as: 'U0ANA', do: 'submitView', view, values: { why: 'no', next: 'later' } });
      expect(refused.body.result).toMatchObject({ outcome: 'errors', errors: { why: 'Say it in at least one word.' } });
      expect(refused.body.slack?.views['U0ANA']?.[0]?.errors).toHaveProperty('why');
      await act({ as: 'U0ANA', do: 'closeView', view });
      expect(slack.views('U0ANA')).toEqual([]);
      const gone = await act({ ...click, actionId: 'nothing' });
      expect(gone.body.result).toEqual({ ok: false, error: 'gone' });
    } finally {
      await bot.stop();
    }
  });
});

describe('events', () => {
  it('needs to know for whom', async () => {
    const response = await fetch(`${stage.page.url}events?as=U9`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(/^Nobody here has the id "U9"/);
  });

  it('sends Slack and the world at once, then what changes, as this person sees it', async () => {
    const events = await readEvents(stage.page.url, 'U0ANA');
    const first = (await events.next('slack')) as Snapshot;
    expect(first.channels.map((one) => one.id)).toEqual(['C0INC']);
    expect(await events.next('world')).toMatchObject({ world: { pace: 10 } });
    await slack.say('U0BO', 'C0INC', 'news');
    const second = (await events.next('slack')) as Snapshot;
    expect(second.channels[0]?.messages.at(-1)?.text).toBe('news');
    stage.world.pace = 3;
    stage.worldChanged();
    expect(await events.next('world')).toMatchObject({ world: { pace: 3 } });
    await events.close();
  });

  it('makes few messages of many changes and always ends with the newest', async () => {
    const events = await readEvents(stage.page.url, 'U0ANA');
    await events.next('slack');
    for (let at = 1; at <= 50; at += 1) await slack.say('U0BO', 'C0INC', `line ${at}`);
    let seen: Snapshot;
    let messages = 0;
    do {
      seen = (await events.next('slack')) as Snapshot;
      messages += 1;
    } while (seen.channels[0]?.messages.at(-1)?.text !== 'line 50');
    expect(messages).toBeLessThan(20);
    await events.close();
  });

  it('says that the world cannot be read instead of falling silent', async () => {
    const broken = await openPage(slack, {
      world: () => {
        throw new Error('the Postgres of us-east-1 is gone');
      },
    });
    const events = await readEvents(broken.page.url, 'U0ANA');
    expect(await events.next('trouble')).toBe('The world cannot be read: the Postgres of us-east-1 is gone');
    await events.close();
    await broken.page.close();
  });

  it('ends with the page', async () => {
    const events = await readEvents(stage.page.url, 'U0ANA');
    await events.next('slack');
    await stage.page.close();
    await expect(events.next('slack')).rejects.toThrow('The events have ended');
    await slack.say('U0BO', 'C0INC', 'nobody listens');
  });
});
