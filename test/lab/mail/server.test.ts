/** The lab's mail server, spoken to by hand. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMail } from '../../../lab/mail/server.ts';
import type { MailLab, MailOptions } from '../../../lab/mail/types.ts';

const LETTER = [
  'From: a@x.example',
  'To: b@y.example',
  'Date: Sat, 21 Nov 2026 02:00:10 +0000',
  'Message-ID: <1@x.example>',
  'Subject: Hello',
  '',
  'Words.',
];

describe('the lab’s mail server', () => {
  let lab: MailLab;
  let socket: Socket;
  const start = async (options: Partial<MailOptions> = {}) => {
    lab = await startMail({ security: 'none', ...options });
  };
  beforeEach(() => start());
  afterEach(async () => {
    socket?.destroy();
    await lab.close();
    await lab.close();
  });
  /** Says each line and gives the first line of each answer, the greeting first. */
  const talk = async (...lines: string[]): Promise<string[]> => {
    socket = connect(lab.port, lab.host);
    socket.on('error', () => {});
    const answers: string[] = [];
    for (const line of [null, ...lines]) {
      if (line !== null) socket.write(`${line}\r\n`);
      let text = '';
      while (!/^\d{3} .*\r\n$/m.test(text)) {
        const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [null])])) as [
          Buffer | null,
        ];
        if (chunk === null) return [...answers, 'closed'];
        text += chunk.toString();
      }
      answers.push(text.split('\r\n').at(-2)!);
    }
    return answers;
  };
  const whole = [...LETTER, '.'].join('\r\n');
  const envelope = ['EHLO x', 'MAIL FROM:<a@x.example>', 'RCPT TO:<b@y.example>'];

  it('keeps what it took', async () => {
    const answers = await talk(...envelope, 'DATA', whole);
    expect(answers.map((line) => line.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250']);
    expect(lab.mails()).toMatchObject([
      { id: '<1@x.example>', sender: 'a@x.example', recipients: ['b@y.example'], subject: 'Hello', text: 'Words.' },
    ]);
    expect([lab.connections(), lab.open()]).toEqual([1, 1]);
  });

  it('takes nothing of a letter whose sender is gone before its end, and lives on', async () => {
    await talk(...envelope, 'DATA');
    socket.write(`${LETTER.join('\r\n')}\r\n`);
    socket.destroy();
    await expect.poll(() => lab.open()).toBe(0);
    expect((await talk(...envelope, 'DATA', whole)).at(-1)).toMatch(/^250/);
    expect(lab.mails()).toHaveLength(1);
  });

  it('refuses a letter without what every letter has', async () => {
    const poor = [...LETTER.slice(0, 2), '', 'Words.', '.'].join('\r\n');
    expect((await talk(...envelope, 'DATA', poor)).at(-1)).toMatch(/^550 5\.6\.0 header date is missing/);
    expect(lab.mails()).toEqual([]);
  });

  it('refuses whom it does not know, and who has not signed in', async () => {
    await lab.close();
    await start({ domains: ['z.example'] });
    expect((await talk(...envelope)).at(-1)).toBe('550 5.7.1 Relaying denied');
    socket.destroy();
    await lab.close();
    await start({ auth: { user: 'u', password: 'p' } });
    expect((await talk(...envelope.slice(0, 2))).at(-1)).toMatch(/^530/);
    socket.destroy();
    const plain = (password: string) => `AUTH PLAIN ${Buffer.from(`\0u\0${password}`).toString('base64')}`;
    expect((await talk('EHLO x', plain('wrong'))).at(-1)).toMatch(/^535/);
    socket.destroy();
    expect((await talk('EHLO x', plain('p'))).at(-1)).toMatch(/^235/);
  });

  it('takes nothing in the clear where TLS is asked for', async () => {
    await lab.close();
    await start({ security: 'starttls' });
    expect((await talk('EHLO x', 'MAIL FROM:<a@x.example>')).at(-1)).toMatch(/^530/);
  });

  it('fails as it is told', async () => {
    lab.fault({ kind: 'cut-after', times: 1 });
    expect((await talk(...envelope, 'DATA', whole)).at(-1)).toBe('closed');
    lab.fault({ kind: 'cut', times: 1 });
    expect((await talk(...envelope)).at(-1)).toBe('closed');
    lab.fault({ kind: 'busy', times: 1 });
    expect((await talk(...envelope.slice(0, 2))).at(-1)).toMatch(/^451/);
    socket.destroy();
    lab.fault({ kind: 'full' });
    lab.clearFaults();
    await talk(...envelope, 'DATA', whole);
    expect(lab.mails().map(({ id }) => id)).toEqual(['<1@x.example>', '<1@x.example>']);
  });
});
