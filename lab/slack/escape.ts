/**
 * What Slack's client makes of typed text before an app sees it: `&`, `<`, `>` escaped always; with `should_escape`
 * also mentions, channels and links turned into `<…>`; and the curly quotes macOS and iOS put in by themselves.
 */
import type { World } from './world.ts';

const LINK = /https?:\/\/[^\s<>"'“”‘’]+[^\s<>"'“”‘’.,;:!?)]/;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
// Only names under a real top-level domain are linked: `db1.example.com` is, `db1.internal` and `v1.2` are not.
const HOST =
  /\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|io|dev|app|cloud|co|de|eu|us|uk)\b(?:\/[^\s<>"']*)?/i;
const NAMED = /[@#][\p{L}\p{N}][\p{L}\p{N}._-]*/u;
const TOKENS = new RegExp(
  `(${LINK.source})|(${EMAIL.source})|(${HOST.source})|(?<![\\p{L}\\p{N}])(${NAMED.source})`,
  'giu',
);

export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Typed text as the app receives it. */
export function escapeTyped(world: World, typed: string, shouldEscape: boolean): string {
  if (!shouldEscape) return escapeEntities(typed);
  let out = '';
  let end = 0;
  for (const match of typed.matchAll(TOKENS)) {
    const token = match[0];
    out += escapeEntities(typed.slice(end, match.index));
    end = match.index + token.length;
    if (match[1]) out += `<${escapeEntities(token)}>`;
    else if (match[2]) out += `<mailto:${token}|${token}>`;
    else if (match[3]) out += `<http://${escapeEntities(token)}|${escapeEntities(token)}>`;
    else out += nameToken(world, token);
  }
  return out + escapeEntities(typed.slice(end));
}

/** `@name` or `#name`; what follows the longest known name stays as typed (`@ann.` at the end of a sentence). */
function nameToken(world: World, token: string): string {
  for (let length = token.length; length > 1; length -= 1) {
    const entity = entityFor(world, token.slice(0, length));
    if (entity) return entity + escapeEntities(token.slice(length));
  }
  return escapeEntities(token);
}

function entityFor(world: World, token: string): string | undefined {
  const name = token.slice(1).toLowerCase();
  if (token.startsWith('#')) {
    const channel = [...world.channels.values()].find((one) => one.name === name && !one.isDirect);
    return channel && `<#${channel.id}|${channel.isPrivate ? '' : channel.name}>`;
  }
  if (['here', 'channel', 'everyone'].includes(name)) return `<!${name}>`;
  const person = [...world.people.values()].find((one) => one.name.toLowerCase() === name);
  if (person) return `<@${person.id}>`;
  const group = [...world.usergroups.values()].find((one) => one.handle.toLowerCase() === name);
  return group && `<!subteam^${group.id}|@${group.handle}>`;
}

/** Straight quotes and double hyphens as Apple's keyboards replace them while typing. */
export function withSmartQuotes(typed: string): string {
  return typed
    .replace(/(^|[\s:(=])"/g, '$1\u201C')
    .replaceAll('"', '\u201D')
    .replace(/(^|[\s:(=])'/g, '$1\u2018')
    .replaceAll("'", '\u2019')
    .replaceAll('--', '\u2014');
}
