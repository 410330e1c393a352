/** What the manifest asks for: the lab grants exactly that, so that what is missing shows here first. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

type Manifest = {
  oauth_config: { scopes: { bot: string[] } };
  settings: { event_subscriptions?: { bot_events?: string[] } };
};

const manifest = (): Manifest =>
  parse(readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')) as Manifest;

export const manifestScopes = (): string[] => manifest().oauth_config.scopes.bot;
export const manifestEvents = (): string[] => manifest().settings.event_subscriptions?.bot_events ?? [];
