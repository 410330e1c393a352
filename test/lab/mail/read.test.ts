import { describe, expect, it } from 'vitest';
import { problemsOf, readMessage } from '../../../lab/mail/read.ts';

const HEADERS = [
  'From: a@x.example',
  'To: b@x.example',
  'Date: Sat, 21 Nov 2026 02:00:10 +0000',
  'Message-ID: <1@x.example>',
  'Subject: Hello',
];
const message = (headers: string[], body: string) =>
  Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}`, 'utf8').toString('latin1');

describe('reading a mail', () => {
  it('decodes headers, folded and encoded', () => {
    const { headers } = readMessage(
      message(['Subject: =?UTF-8?Q?=C3=9Cber_?=\r\n =?UTF-8?B?w6RsbGVz?=', 'X-Long: one\r\n\ttwo'], ''),
    );
    expect(headers).toEqual({ subject: 'Über älles', 'x-long': 'one two' });
  });

  it.each([
    ['7bit', 'plain', 'plain'],
    ['8bit', 'schön', 'schön'],
    ['quoted-printable', 'sch=C3=B6n =3D a=\r\nb', 'schön = ab'],
    ['base64', Buffer.from('schön').toString('base64'), 'schön'],
  ])('decodes a body of %s', (encoding, body, text) => {
    const raw = message(['Content-Type: text/plain', `Content-Transfer-Encoding: ${encoding}`], body);
    expect(readMessage(raw)).toMatchObject({ text, html: null });
  });

  it('finds text and HTML in nested parts', () => {
    const inner = [
      '--in',
      'Content-Type: text/plain',
      '',
      'words',
      '--in',
      'Content-Type: text/html',
      '',
      '<b>',
      '--in--',
    ];
    const outer = ['--out', 'Content-Type: multipart/alternative; boundary=in', '', ...inner, '--out--'];
    const raw = message(['Content-Type: multipart/mixed; boundary="out"'], outer.join('\r\n'));
    expect(readMessage(raw)).toMatchObject({ text: 'words', html: '<b>' });
  });

  it('says what is missing', () => {
    expect(problemsOf(message(HEADERS, 'x'))).toEqual([]);
    expect(problemsOf(message(HEADERS.slice(1), 'x'))).toEqual(['header from is missing']);
    expect(problemsOf(message(HEADERS, 'x'.repeat(999)))).toEqual(['a line is longer than 998 characters']);
    const strange = HEADERS.map((line) => line.replace(/<1@x.example>|Sat.*/, 'soon'));
    expect(problemsOf(message(strange, 'x'))).toEqual(['the date is none', 'the Message-ID is none']);
  });
});
