/** Mail over real SMTP: with TLS of both kinds, a password, and everything that may go wrong on the way. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LAB_CERTIFICATE } from '../../lab/lib/certificate.ts';
import { startMail } from '../../lab/mail/server.ts';
import type { MailLab, MailOptions } from '../../lab/mail/types.ts';
import { type SmtpOptions, smtpMail } from '../../src/integrations/smtp/mail.ts';
import type { Letter } from '../../src/ports/mail.ts';
import { failureOf } from '../support/failure.ts';

const never = new AbortController().signal;
const AUTH = { user: 'regent', password: 'pass-w0rd-7f3a' };
const LETTER: Letter = {
  key: 'eden-7:12:0',
  to: ['dee@eden.example.com', 'ops@eden.example.com'],
  subject: 'Eden zieht um: us-east-1 → us-west-2',
  text: 'Eden is moving.\n.\nNext update by 14:15 UTC. Ünïcode too.',
  html: '<p>Eden is moving.</p>',
};

describe('mail', () => {
  const labs: MailLab[] = [];
  afterEach(async () => {
    for (const lab of labs.splice(0)) await lab.close();
  });
  const start = async (options: Partial<MailOptions> = {}) => {
    const lab = await startMail({ security: 'starttls', ...options });
    labs.push(lab);
    return lab;
  };
  const mailTo = ({ host, port }: { host: string; port: number }, more: Partial<SmtpOptions> = {}) =>
    smtpMail({
      host,
      port,
      security: 'starttls',
      from: 'Regent <regent@eden.example.com>',
      timeoutMs: 5000,
      ca: [LAB_CERTIFICATE],
      ...more,
    });
  const failing = (work: Promise<unknown>) =>
    failureOf(work, /^The mail “.*” was not sent: .*[^.]\.$/, [
      AUTH.password,
      Buffer.from(AUTH.password).toString('base64'),
    ]);

  it.each(['starttls', 'implicit', 'none'] as const)('arrives as it was written, over %s', async (security) => {
    const lab = await start({ security, auth: AUTH });
    const posted = await mailTo(lab, { security, auth: AUTH }).send(LETTER, never);
    const [mail] = lab.mails();
    expect(mail).toMatchObject({
      id: posted.id,
      sender: 'regent@eden.example.com',
      recipients: LETTER.to,
      from: 'Regent <regent@eden.example.com>',
      to: 'dee@eden.example.com, ops@eden.example.com',
      subject: LETTER.subject,
      text: LETTER.text,
      html: LETTER.html,
      secure: security !== 'none',
      user: 'regent',
    });
    expect(mail?.headers['auto-submitted']).toBe('auto-generated');
    expect(posted).toMatchObject({ accepted: LETTER.to, refused: [] });
    await expect.poll(() => lab.open()).toBe(0);
  });

  it('goes without a password where none is wanted, and as text alone', async () => {
    const lab = await start();
    const { html: _, ...plain } = LETTER;
    await mailTo(lab).send(plain, never);
    expect(lab.mails()).toMatchObject([{ user: null, text: LETTER.text, html: null }]);
  });

  it('is recognised when it is sent again because the answer was lost', async () => {
    const lab = await start();
    lab.fault({ kind: 'cut-after', times: 1 });
    expect(await failing(mailTo(lab).send(LETTER, never))).toMatchObject({
      code: 'mail-unreachable',
      effect: 'unknown',
    });
    const { id } = await mailTo(lab).send(LETTER, never);
    expect(lab.mails().map((mail) => mail.id)).toEqual([id, id]);
    expect((await mailTo(lab).send({ ...LETTER, key: 'eden-7:13:0' }, never)).id).not.toBe(id);
  });

  it('names those it is not taken for, and reaches the others', async () => {
    const lab = await start({ refuse: ['dee@eden.example.com'], refuseForNow: ['ops@eden.example.com'] });
    const to = [...LETTER.to, 'bo@eden.example.com'];
    expect(await mailTo(lab).send({ ...LETTER, to }, never)).toMatchObject({
      accepted: ['bo@eden.example.com'],
      refused: [
        { address: 'dee@eden.example.com', why: '550 5.1.1 No such user here', forNow: false },
        { address: 'ops@eden.example.com', why: '450 4.2.1 Mailbox busy', forNow: true },
      ],
    });
    expect(lab.mails()[0]?.recipients).toEqual(['bo@eden.example.com']);
  });

  it('says so when it is taken for nobody', async () => {
    const lab = await start({ domains: ['elsewhere.example.com'] });
    expect(await failing(mailTo(lab).send(LETTER, never))).toMatchObject({
      code: 'mail-refused',
      effect: 'none',
      message: expect.stringContaining(
        'takes it for nobody: dee@eden.example.com (550 5.7.1 Relaying denied), ops@eden.example.com (550',
      ),
    });
    const later = await start({ refuseForNow: LETTER.to });
    expect(await failing(mailTo(later).send(LETTER, never))).toMatchObject({
      code: 'mail-busy',
      effect: 'none',
      hint: 'Try again in a few minutes.',
    });
    expect([...lab.mails(), ...later.mails()]).toEqual([]);
  });

  it.each([
    ['busy', 'mail-busy', '451 4.3.0 Try again later'],
    ['broken', 'mail-refused', '554 5.3.0 The lab was told to be broken'],
    ['full', 'mail-busy', '452 4.3.1 Insufficient system storage'],
  ] as const)('knows that nobody got it after %s', async (kind, code, words) => {
    const lab = await start();
    lab.fault({ kind });
    const failure = await failing(mailTo(lab).send(LETTER, never));
    expect(failure).toMatchObject({ code, effect: 'none', message: expect.stringContaining(words) });
    expect(lab.mails()).toEqual([]);
  });

  it('knows that nobody got it when the connection broke before the letter', async () => {
    const lab = await start();
    lab.fault({ kind: 'cut' });
    expect(await failing(mailTo(lab).send(LETTER, never))).toMatchObject({
      code: 'mail-unreachable',
      effect: 'none',
    });
    await lab.close();
    const gone = await failing(mailTo(lab).send(LETTER, never));
    expect(gone).toMatchObject({ effect: 'none', message: expect.stringContaining('ECONNREFUSED') });
  });

  it.each([
    ['no-greeting', 'none'],
    ['no-answer', 'unknown'],
  ] as const)('ends by itself after %s, and leaves no connection', async (kind, effect) => {
    const lab = await start();
    lab.fault({ kind });
    const failure = await failing(mailTo(lab, { timeoutMs: 400 }).send(LETTER, never));
    expect(failure).toMatchObject({ code: 'mail-timeout', effect, message: expect.stringContaining('400 ms') });
    await expect.poll(() => lab.open()).toBe(0);
  });

  it('ends by itself where a server takes the connection and is silent for good', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const mail = mailTo({ host: '127.0.0.1', port }, { timeoutMs: 200, security: 'implicit' });
    expect(await failing(mail.send(LETTER, never))).toMatchObject({ code: 'mail-timeout', effect: 'none' });
    await new Promise((resolve) => silent.close(resolve));
  });

  it('stops at once when it is told to', async () => {
    const lab = await start();
    lab.fault({ kind: 'no-answer' });
    const stop = new AbortController();
    const sent = failing(mailTo(lab).send(LETTER, stop.signal));
    await expect.poll(() => lab.mails().length).toBe(1);
    stop.abort();
    expect(await sent).toMatchObject({ code: 'cancelled', effect: 'unknown' });
    await expect.poll(() => lab.open()).toBe(0);
    expect(await failing(mailTo(lab).send(LETTER, stop.signal))).toMatchObject({ code: 'cancelled', effect: 'none' });
    expect(lab.connections()).toBe(1);
  });

  it('says when its password is not taken, and shows none of it', async () => {
    const lab = await start({ auth: { ...AUTH, password: 'another' } });
    const failure = await failing(mailTo(lab, { auth: AUTH }).send(LETTER, never));
    expect(failure).toMatchObject({ code: 'mail-denied', effect: 'none' });
    expect(failure.message).toContain('does not take our name and password');
  });

  it('sends nothing in the clear that was to be encrypted', async () => {
    const plain = await start({ security: 'none', auth: AUTH });
    expect(await failing(mailTo(plain, { auth: AUTH }).send(LETTER, never))).toMatchObject({ effect: 'none' });
    const lab = await start();
    const distrustful = mailTo(lab, { ca: [] });
    expect(await failing(distrustful.send(LETTER, never))).toMatchObject({ code: 'mail-tls', effect: 'none' });
    expect([...plain.mails(), ...lab.mails()]).toEqual([]);
    expect(() => mailTo({ host: 'smtp.example.com', port: 25 }, { security: 'none', auth: AUTH })).toThrow(
      /in the clear/,
    );
  });

  it.each([
    [['dee@eden.example.com, eve@evil.example.com'], 'mail-address'],
    [['dee@eden.example.com\r\nRCPT TO:<eve@evil.example.com>'], 'mail-address'],
    [['dee'], 'mail-address'],
    [[], 'mail-nobody'],
  ])('does not begin for %j', async (to, code) => {
    const lab = await start();
    expect(await failing(mailTo(lab).send({ ...LETTER, to }, never))).toMatchObject({ code, effect: 'none' });
    expect(lab.connections()).toBe(0);
  });

  it('lets nothing out of the subject into the headers', async () => {
    const lab = await start();
    await mailTo(lab).send({ ...LETTER, subject: 'one\r\nBcc: eve@evil.example.com' }, never);
    const [mail] = lab.mails();
    expect(mail?.headers['bcc']).toBeUndefined();
    expect(mail?.subject).toBe('one Bcc: eve@evil.example.com');
  });

  it('refuses a sender that is none', () => {
    expect(() => mailTo({ host: '127.0.0.1', port: 25 }, { from: 'Regent' })).toThrow('“Regent” is not a sender.');
  });
});
