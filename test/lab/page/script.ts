/** A scripted bot: the words of a failover without a failover, to have something to look at and click. */
import type { App } from '@slack/bolt';
import { button, plain } from '../slack/support.ts';

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true }) as const;
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) }) as const;

const HEADLINE = [
  '*🔶 eden-7 · us-east-1 → us-west-2 · planned switchover*',
  '▶ promoting · <@U0ANA> asked for it at <!date^1800000000^{time}|08:00 UTC>: “maintenance”',
  '✔ validating  ✔ assessing  ✔ preparing  ▶ promoting 3/8  · redirecting  · verifying  · securing  · closing',
  '6:12 elapsed of 30:00 · about 4 min left · ⛔ writes refused 0:04 (expected 0:10)',
  'Waiting for: 1 more approval of promotion, by <!date^1800000660^{time}|08:11 UTC>. Asked: <!subteam^S0SRE> (2 people).',
].join('\n');

export function headline(pause: object = {}) {
  return [
    section(HEADLINE),
    { type: 'actions', elements: [button('pause', 'Pause', pause), button('takeover', 'Take over…')] },
  ];
}

const CARD = [
  '*Approve promotion · us-east-1 → us-west-2 · eden-7*',
  'What happens: writers in us-east-1 stop, Postgres there is stopped, us-west-2 takes over. Writes are refused for about 10 s.',
  'After this there is no rollback; going back is a failback.',
  'Seen at <!date^1800000311^{time_secs}|08:05:11 UTC>: lag `0.2 s, 1.4 kB` (bound 5 s) · capacity 41 pods for 22 asked',
  'Needs 2 of <!subteam^S0SRE>, not <@U0ANA>, by <!date^1800000660^{time}|08:11 UTC>, then PagerDuty.',
].join('\n');

export const card = [
  section(CARD),
  {
    type: 'actions',
    elements: [
      button('approve', 'Approve promotion', {
        style: 'primary',
        value: 'eden-7',
        confirm: {
          title: plain('Approve the promotion of us-west-2?'),
          text: plain('After this there is no rollback. Going back is a failback.'),
          confirm: plain('Approve'),
          deny: plain('Not yet'),
        },
      }),
      button('deny', 'Deny…', { style: 'danger', value: 'eden-7' }),
      button('check', 'Check now'),
    ],
  },
];

export const STEPS = [
  '✔ Scale up us-west-2 · 41 s · 8 deployments, 22 of 22 pods ready',
  '▶ Copy configuration · ▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s · 7 s left',
  '✔ Stop writers in us-east-1 · 2.1 s · task-service 3 → 0',
];

const denial = {
  type: 'modal',
  callback_id: 'deny',
  title: plain('Deny promotion'),
  submit: plain('Deny'),
  close: plain('Cancel'),
  blocks: [
    section('*eden-7* stays in us-east-1. Writers start again.'),
    {
      type: 'input',
      block_id: 'why',
      label: plain('Why?'),
      hint: plain('Everybody in the channel will read this.'),
      element: { type: 'plain_text_input', action_id: 'value', multiline: true },
    },
    {
      type: 'input',
      block_id: 'next',
      label: plain('And then?'),
      element: {
        type: 'static_select',
        action_id: 'value',
        options: [
          { text: plain('Abort and undo'), value: 'abort' },
          { text: plain('Ask again later'), value: 'later' },
        ],
      },
    },
  ],
} as const;

/** Answers `/dr failover` with headline, thread and card; approving edits both; denying opens a modal. */
export function failoverScript(app: App): void {
  let top: { channel: string; ts: string } | undefined;
  app.command('/dr', async ({ ack, command, client }) => {
    if (!command.text.startsWith('failover us-east-1')) {
      await ack('“us-esat-1” is not a region of eden. Did you mean *us-east-1*? Regions: us-east-1, us-west-2.');
      return;
    }
    await ack();
    const channel = command.channel_id;
    const posted = await client.chat.postMessage({ channel, text: HEADLINE, blocks: headline() as never });
    top = { channel, ts: posted.ts ?? '' };
    await client.pins.add({ channel, timestamp: top.ts });
    for (const text of STEPS) await client.chat.postMessage({ channel, thread_ts: top.ts, text });
    await client.chat.postMessage({
      channel,
      thread_ts: top.ts,
      reply_broadcast: true,
      text: '✔ us-west-2 is ready: *8 of 8* services, lag `0.2 s` (bound 5 s)',
    });
    await client.chat.postMessage({ channel, text: 'Approve promotion', blocks: card as never });
  });
  app.action('approve', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.user.id === 'U0ANA') {
      await respond({
        response_type: 'ephemeral',
        replace_original: false,
        text: 'You cannot approve this: you asked for it. <@U0BO>, <@U0CY> or anyone in <!subteam^S0SRE> can.',
      });
      return;
    }
    const { channel, message } = body as unknown as { channel: { id: string }; message: { ts: string } };
    const text = `✔ Approved by <@${body.user.id}> · 1 more`;
    await client.chat.update({ channel: channel.id, ts: message.ts, text, blocks: [section(text), ...card] as never });
  });
  app.action('deny', async ({ ack, body, client }) => {
    await ack();
    const { trigger_id } = body as unknown as { trigger_id: string };
    await client.views.open({ trigger_id, view: denial as never });
  });
  app.view('deny', async ({ ack, view }) => {
    const why = view.state.values['why']?.['value']?.value ?? '';
    if (why.length < 5) await ack({ response_action: 'errors', errors: { why: 'Say it in at least one word.' } });
    else await ack();
  });
  app.action('pause', async ({ ack, client }) => {
    await ack();
    if (top) await client.chat.update({ ...top, text: HEADLINE, blocks: headline({ style: 'primary' }) as never });
  });
}
