import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/lib/errors.ts';
import { base, configWith, DIR, env, FILE, filesOf, OVER, placedProblems, problemsWith } from './helpers.ts';

const errorOf = (load: () => unknown): unknown => {
  try {
    load();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('loadConfig', () => {
  it('gives durations in milliseconds, secrets resolved and defaults filled in', () => {
    const config = configWith();
    expect(config.objectives).toEqual({ rto: 1_800_000, rpo: 300_000 });
    expect(config.regions['east']?.postgres?.url).toBe(env.PG_EAST);
    expect(config.gates.promote).toEqual({
      approvers: ['group:sre'],
      votes: 1,
      requesterMayVote: false,
      timeout: 300_000,
      onTimeout: 'escalate',
      required: true,
      escalateTo: [],
    });
    expect(config.timings).toEqual({
      poll: 1000,
      callTimeout: 10_000,
      headlineEvery: 3000,
      headlineTick: 10_000,
      heartbeatEvery: 2000,
      fenceEvery: 1000,
      lagWithin: 10_000,
      openTransactions: 10_000,
      resolverTimeout: 1000,
      deafAfter: 60_000,
      drain: 5000,
      budgets: {},
    });
    expect(config).toMatchObject({
      resolvers: [],
      probes: {},
      access: { operators: [] },
      contacts: {},
      journal: { sqlite: 'data/journal.sqlite' },
      hooks: { allow: [], env: [] },
    });
    expect(config.services.deployments['api']).toEqual({ replicas: 2, writeHeavy: false });
    expect('redis' in config).toBe(false);
  });

  it('throws one ConfigError that lists everything, numbered, with file, line, path, what was found and what to do', () => {
    const text = base.replace('environment: staging', 'enviroment: staging').replace('ttl: 60', 'ttl: 0');
    const load = () =>
      loadConfig({ file: 'dr.yml', env: { ...env, PG_WEST: undefined }, readFile: filesOf({ 'dr.yml': text }) });
    const error = errorOf(load) as ConfigError;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.code).toBe('config-invalid');
    expect(error.message.split('\n')).toEqual([
      'dr.yml cannot be used: 4 problems.',
      '1. dr.yml:1: environment: is missing. Add it: which one this is. Banners and drills say so.',
      '2. dr.yml:2: enviroment: is not a key Regent knows. Did you mean environment? Correct it, or take it out.',
      '3. dr.yml:15: regions.west.postgres.url: env:PG_WEST is not set. Set it, or name another variable.',
      '4. dr.yml:27: dns[0].records[0].ttl: 0 is too small. The least is 1.',
    ]);
  });

  it('reports cross-checks together with what the schema found', () => {
    expect(problemsWith('notify: { channel: general }\nregions: { west: { alias: one } }')).toEqual([
      'notify.channel: "general" is not the id of a Slack channel. Write the id from the end of the channel’s details, like C0123456789.',
      'regions.west.alias: "one" is the alias of east as well. Give each region its own.',
    ]);
  });

  it.each([
    [
      'a missing file',
      {},
      `${FILE}:1: the file does not exist. Name another, or see config/eden.yml for a complete example.`,
    ],
    [
      'an empty file',
      { [FILE]: '# nothing\n' },
      `${FILE}:1: the file is empty. See config/eden.yml for a complete example.`,
    ],
    [
      'a list',
      { [FILE]: '- a\n' },
      `${FILE}:1: the file is not a map (lines of key: value). See config/eden.yml for a complete example.`,
    ],
  ])('says so for %s', (_what, files, line) => {
    const error = errorOf(() => loadConfig({ file: FILE, env, readFile: filesOf(files) })) as ConfigError;
    expect(error.message).toBe(`${FILE} cannot be used: one problem.\n1. ${line}`);
  });

  it('reports syntax errors of both files with their lines and without repeating their text', () => {
    const over = 'slack:\n\tbotToken: hunter2\n';
    const text = `${base}organization: [hunter2\n`;
    const lines = placedProblems({ text, over });
    expect(lines[0]).toMatch(/^\/etc\/regent\/dr\.yml:\d+: this is not YAML/);
    expect(
      lines.some((line) => line.startsWith(`${OVER}:2: this is not YAML: a tab stands where the line is indented.`)),
    ).toBe(true);
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('the overlay', () => {
  it('merges maps, replaces lists and values, and removes with null', () => {
    const config = configWith({
      over: `
objectives: { rto: 1m }
regions: { west: { postgres: { fence: { statefulset: pg } } }, east: { postgres: { databases: [a] } } }
services: { deployments: { api: null, web: { replicas: 4, health: null } } }
resolvers: [127.0.0.1:5300]
`,
    });
    expect(config.objectives).toEqual({ rto: 60_000, rpo: 300_000 });
    expect(config.regions['west']?.postgres?.fence).toEqual({ strategy: 'statefulset', name: 'pg' });
    expect(config.regions['east']?.postgres?.databases).toEqual(['a']);
    expect(Object.keys(config.services.deployments)).toEqual(['task', 'web']);
    expect(config.resolvers).toEqual(['127.0.0.1:5300']);
  });

  it('may be empty', () => {
    expect(configWith({ over: '# nothing yet\n' }).organization).toBe('eden');
  });

  it('names the file and line a wrong value came from', () => {
    const over = 'objectives:\n  rpo: soon\nregions:\n  east: { postgres: { url: null } }\n';
    expect(placedProblems({ over })).toEqual([
      `${FILE}:9: regions.east.postgres.url: is missing. Add it: address of the region’s Postgres with its user, as env:NAME or file:path.`,
      `${OVER}:2: objectives.rpo: "soon" is not a duration. Write one like 30s, 5m or 1h30m.`,
    ]);
  });
});

describe('secrets', () => {
  it('come from files relative to the file they stand in, without the newline at the end', () => {
    const config = configWith({
      over: 'slack: { botToken: "file:secrets/bot", appToken: "file:/run/app" }',
      files: { [`${DIR}/secrets/bot`]: 'xoxb-file\n', '/run/app': 'xapp-file\r\n' },
    });
    expect(config.slack).toMatchObject({ botToken: 'xoxb-file', appToken: 'xapp-file' });
  });

  it('stay text even when they look like a number', () => {
    const config = configWith({ over: 'contacts: { a: "0042" }', env: { BOT: 'xoxb-0' } });
    expect(config.contacts).toEqual({ a: '0042' });
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'slack: { botToken: hunter2 }',
      {},
      'slack.botToken: a secret stands here in plain text; write env:NAME or file:path.',
    ],
    [
      'slack: { botToken: 12345 }',
      {},
      'slack.botToken: a secret stands here in plain text; write env:NAME or file:path.',
    ],
    [
      'slack: { botToken: "env:not a name" }',
      {},
      'slack.botToken: a secret stands here in plain text; write env:NAME or file:path.',
    ],
    ['slack: { botToken: env:NONE }', {}, 'slack.botToken: env:NONE is not set. Set it, or name another variable.'],
    [
      'slack: { botToken: env:toString }',
      {},
      'slack.botToken: env:toString is not set. Set it, or name another variable.',
    ],
    ['{}', { BOT: ' ' }, 'slack.botToken: env:BOT is empty. Set it, or name another variable.'],
    [
      'slack: { botToken: file:none }',
      {},
      `slack.botToken: file:${DIR}/none does not exist. Put the file there, or name another.`,
    ],
    [
      'slack: { botToken: env:APP }',
      {},
      'slack.botToken: what env:APP holds is not a bot token, which begins with xoxb-. Put the right value there, or name another.',
    ],
    [
      '{}',
      { PG_WEST: 'mysql://me:hunter2@x' },
      'regions.west.postgres.url: what env:PG_WEST holds is not a postgres:// address. Put the right value there, or name another.',
    ],
  ])('%s with %j is refused', (over, more, line) => {
    expect(problemsWith(over, { env: more })).toEqual([line]);
  });

  it('never appear in a message, wherever they were put by mistake', () => {
    const over = `
slack: { botToken: xoxb-hunter2, appToken: [xapp-hunter2], apiUrl: "https://me:hunter2@slack.example.com" }
notify: { channel: xoxb-hunter2 }
organization: postgres://me:hunter2@db
objectives: { rto: "xapp-hunter2" }
regions:
  east: { postgres: { url: "postgres://me:hunter2@db", pasword: hunter2 } }
  west: { postgres: { url: { user: hunter2 } }, alias: "postgres://me:hunter2@db" }
dns: "xoxb-hunter2"
contacts: { xoxb-hunter2: 5 }
services: { deployments: { api: { health: "https://me:hunter2@{alias}.example.com/", replicas: xoxb-hunter2 } } }
`;
    const lines = problemsWith(over);
    expect(lines).toHaveLength(14);
    expect(lines.join('\n')).not.toContain('hunter2');
  });
});

describe('file names', () => {
  it('of scripts and kubeconfigs are relative to the file they stand in and come back absolute', () => {
    const config = configWith({
      over: `
regions:
  west:
    kubernetes: { kubeconfig: kube/west }
    postgres: { fence: { exec: { stop: [./stop.sh, --now], start: [/opt/start] } } }
hooks: { allow: [stop.sh, /opt/start] }
`,
    });
    expect(config.regions['west']).toMatchObject({
      kubernetes: { context: 'two', kubeconfig: `${DIR}/kube/west` },
      postgres: { fence: { strategy: 'exec', stop: [`${DIR}/stop.sh`, '--now'], start: ['/opt/start'] } },
    });
    expect(config.hooks.allow).toEqual([`${DIR}/stop.sh`, '/opt/start']);
  });
});
