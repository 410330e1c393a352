/** The manifest asks for what the code uses, no more and no less; the code calls what the table names. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { manifestProblems } from '../../../scripts/check-manifest.ts';
import {
  APP_METHODS,
  EVENTS,
  METHODS,
  neededScopes,
  optionalScopes,
  SHORTCUTS,
} from '../../../src/integrations/slack/methods.ts';

const root = new URL('../../../', import.meta.url);
const folder = new URL('src/integrations/slack/', root);
const text = readFileSync(new URL('manifest.yml', root), 'utf8');
const manifest = parse(text) as {
  display_information: { long_description?: string };
  features: {
    app_home: Record<string, boolean>;
    shortcuts: { name: string; type: string; callback_id: string; description: string }[];
    slash_commands: { command: string; should_escape: boolean; usage_hint: string }[];
  };
  oauth_config: { scopes: { bot: string[]; bot_optional: string[] } };
  settings: Record<string, unknown> & { event_subscriptions: { bot_events: string[] } };
};
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, code: readFileSync(new URL(name, folder), 'utf8') }));
const code = (name: string) => sources.find((one) => one.name === name)?.code ?? '';
const known = Object.keys({ ...METHODS, ...APP_METHODS });

describe('the manifest', () => {
  test('asks for exactly the scopes of the calls that are made', () => {
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual(neededScopes());
    expect([...manifest.oauth_config.scopes.bot_optional].sort()).toEqual(optionalScopes());
  });

  test('says of every scope what it is for', () => {
    for (const scope of [...neededScopes(), ...optionalScopes()]) {
      expect(text).toMatch(new RegExp(`# [^\\n]+\\n +- ${scope}\\n`));
    }
  });

  test('subscribes to exactly the events that are listened to, and says what each is for', () => {
    const { bot_events: events } = manifest.settings.event_subscriptions;
    expect([...events].sort()).toEqual(Object.keys(EVENTS).sort());
    const listened = [...code('listeners.ts').matchAll(/app\.event\('(\w+)'/g)].map((match) => match[1]!);
    expect(listened.sort()).toEqual(Object.keys(EVENTS).sort());
    for (const event of events) expect(text).toMatch(new RegExp(`# [^\\n]+\\n +- ${event}\\n`));
  });

  test('has the shortcuts the commands know, short enough for Slack’s menus', () => {
    const { shortcuts } = manifest.features;
    expect(Object.fromEntries(shortcuts.map(({ callback_id: id, type }) => [id, type]))).toEqual(SHORTCUTS);
    const dispatched = readFileSync(new URL('src/commands/dispatch.ts', root), 'utf8');
    for (const { name, description, callback_id: id } of shortcuts) {
      expect(name.length).toBeLessThanOrEqual(24);
      expect(description.length).toBeLessThanOrEqual(150);
      expect(dispatched).toContain(`'${id}'`);
    }
  });

  test('has what the adapter relies on', () => {
    expect(manifest.features.app_home).toEqual({ home_tab_enabled: true, messages_tab_enabled: false });
    expect(manifest.features.slash_commands).toMatchObject([{ command: '/dr', should_escape: true }]);
    expect(manifest.settings).toMatchObject({
      interactivity: { is_enabled: true },
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    });
    // Slack refuses a shorter one.
    expect(manifest.display_information.long_description?.length ?? 175).toBeGreaterThanOrEqual(175);
  });
});

describe('the code', () => {
  test('calls only what is in the table', () => {
    const named =
      /['"`]((?:api|apps|auth|bookmarks|bots|canvases|chat|conversations|dnd|emoji|files|pins|reactions|reminders|search|stars|team|usergroups|users|views)\.[a-zA-Z.]+)['"`]/g;
    const called = sources.flatMap(({ code }) => [...code.matchAll(named)].map((match) => match[1]!));
    expect(new Set(called)).toEqual(new Set(known));
  });

  test('calls nowhere but through it', () => {
    for (const { name, code } of sources) {
      if (name !== 'api.ts') expect(code, name).not.toMatch(/\.apiCall\(|new WebClient\(/);
      expect(code, name).not.toMatch(/\bclient\.(?:chat|conversations|pins|users|usergroups|views|auth|apps)\./);
    }
  });
});

describe('the check', () => {
  test('names what the schema refuses', () => {
    const schema = { type: 'object', additionalProperties: false, properties: { a: { type: 'string', _note: 'x' } } };
    expect(manifestProblems({ a: 'x' }, schema)).toEqual([]);
    expect(manifestProblems({ a: 1, b: 2 }, schema)).toEqual([
      '/ must NOT have additional properties (b)',
      '/a must be string',
    ]);
  });
});
