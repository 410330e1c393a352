/** What people pick from the chat's own menus: the same commands, reached another way. */
import type { Chat, Said } from '../ports/chat.ts';
import { plainText } from './parse.ts';

const TEXT_MAX = 1500;

/** A message as a note: who said what, when. */
export async function noted(said: Said, chat: Pick<Chat, 'person'>, stop: AbortSignal): Promise<string> {
  const text = plainText(said.text);
  if (text === '') return '';
  const author = said.author === '' ? undefined : await chat.person(said.author, stop).catch(() => undefined);
  const who = author?.name ?? (said.author || 'somebody');
  const when = new Date(said.at).toISOString().slice(0, 16).replace('T', ' ');
  return `“${text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text}” (${who}, ${when} UTC)`;
}
