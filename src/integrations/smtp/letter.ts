/** A letter as it goes over the wire: addresses that are addresses, and a Message-ID that a repeat has again. */
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Letter } from '../../ports/mail.ts';

export type Sender = { name: string; address: string };

/** Deliberately plain: `name@host`, nothing that a mail program would take for several addresses or for a header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u;

export const isAddress = (text: string): boolean => text.length <= 254 && ADDRESS.test(text);

/** `Regent <regent@eden.example.com>` or the address alone; undefined when it is neither. */
export function senderIn(text: string): Sender | undefined {
  const [, name = '', inside] = /^\s*(?:"?([^"<>]*?)"?\s*<([^<>]*)>)\s*$/.exec(text) ?? [];
  const address = (inside ?? text).trim();
  return isAddress(address) ? { name: name.trim(), address } : undefined;
}

/** The same for the same key and sender, whenever it is asked; the key stays readable in it where it can. */
export function messageIdOf(key: string, sender: Sender): string {
  const readable = key
    .replaceAll(/[^A-Za-z0-9.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .replaceAll(/\.{2,}/g, '.');
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const domain = sender.address.slice(sender.address.lastIndexOf('@') + 1);
  return `<${[readable.slice(0, 60).replace(/[.-]+$/, ''), digest].filter(Boolean).join('.')}@${domain}>`;
}

/** The whole message, headers and body. */
export function composed({ key, to, subject, text, html }: Letter, sender: Sender): Promise<Buffer> {
  const mail = new MailComposer({
    messageId: messageIdOf(key, sender),
    from: sender,
    to: to.map((address) => ({ name: '', address })),
    subject: subject.replaceAll(/\s+/g, ' ').trim(),
    text,
    ...(html === undefined ? {} : { html }),
    // Answers by machines ("out of office") are not sent to what says this of itself.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}
