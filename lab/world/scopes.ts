/** The scopes the manifest asks for: the lab grants exactly those, so that a missing one shows here first. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export function manifestScopes(): string[] {
  const text = readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8');
  const manifest = parse(text) as { oauth_config: { scopes: { bot: string[]; bot_optional?: string[] } } };
  return manifest.oauth_config.scopes.bot;
}
