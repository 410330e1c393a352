/**
 * Telling people ahead: `/dr schedule` gives notice of a planned move, lists what stands and takes it back. A notice
 * starts nothing; whether it was given in time is asked when the run comes (steps/notice-given.ts).
 */
import { parseDuration } from '../lib/duration.ts';
import { hashOf } from '../lib/hash.ts';
import { lengthText, parseMoment, utcText } from '../lib/utc.ts';
import { fromTo } from '../messages/notice.ts';
import { who } from '../messages/scene.ts';
import { mayOperate } from '../policy/authorize.ts';
import type { Line, Reply, Span } from '../ports/chat.ts';
import type { Notice } from '../ports/records.ts';
import { type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { regionProblem } from './failover.ts';

const HOUR = 3_600_000;
const DEFAULT_LENGTH = 4 * HOUR;
const LONGEST = 7 * 24 * HOUR;
const FARTHEST = 366 * 24 * HOUR;
const WITHDRAW = 'withdraw';

type Window = Pick<Notice, 'source' | 'target' | 'from' | 'until' | 'reason'>;

/** A line one could type, with a time that would be early enough. */
function example(region: string, world: CommandWorld): string {
  const early = world.runner.now() + Math.max(world.runner.system.rules.noticeMs, HOUR);
  const at = utcText(Math.ceil(early / HOUR) * HOUR).replace(' UTC', '');
  return `/dr schedule ${region} at:"${at}" for:4h reason:"maintenance"`;
}

/** What was typed as a window, or the one sentence that says what to write instead. */
function windowOf({ words, named }: Request, world: CommandWorld): Window | string {
  const { runner } = world;
  const now = runner.now();
  const [source = '', ...rest] = words;
  const regions = Object.keys(runner.system.regions);
  if (source === '') return `Name the region that is left: ${example(regions[0] ?? 'REGION', world)}.`;
  const wrong = regionProblem(source, world) ?? (named['to'] === undefined ? null : regionProblem(named['to'], world));
  if (wrong) return wrong;
  if (named['to'] === source) return `${source} cannot move to itself: name another region with to:.`;
  // Without quotes the hour arrives as a word of its own.
  const hour =
    /^\d{1,2}:\d{2}/.test(rest[0] ?? '') && /^\d{4}-\d{2}-\d{2}$/.test(named['at'] ?? '') ? rest.shift() : '';
  if (rest.length > 0)
    return `I read “${rest.join(' ')}” after the region and do not know what it means. Like ${example(source, world)}.`;
  const at = [named['at'] ?? '', hour].join(' ').trim();
  const from = parseMoment(at);
  if (from === undefined)
    return `${at === '' ? 'Say when' : `“${at}” is not a time I can read. Write date and hour, in UTC`}: ${example(source, world)}.`;
  if (from <= now) return `${utcText(from)} is past: it is ${utcText(now)}. Like ${example(source, world)}.`;
  if (from > now + FARTHEST) return `${utcText(from)} is more than a year away. Like ${example(source, world)}.`;
  const length = named['for'] === undefined ? DEFAULT_LENGTH : parseDuration(named['for']);
  if (length === undefined || length < 60_000 || length > LONGEST)
    return `“${named['for']}” is not a length I can use. Write for:4h, for:90m or for:2d, at most 7d.`;
  const reason = (named['reason'] ?? '').trim();
  if (reason === '') return `A notice needs a reason, everybody will read it: ${example(source, world)}.`;
  return { source, target: named['to'] ?? otherRegion(source, regions), from, until: from + length, reason };
}

const otherRegion = (source: string, regions: string[]): string | null => {
  const others = regions.filter((region) => region !== source);
  return others.length === 1 ? others[0]! : null;
};

/** From when on it speaks for its window, told as what would be missing before that. */
function counts({ from, until, at }: Pick<Notice, 'from' | 'until' | 'at'>, noticeMs: number): Line {
  const asked = lengthText(noticeMs);
  const ahead = lengthText(from - at);
  if (noticeMs === 0) return 'No notice is asked for by the configuration: it only tells people.';
  if (at + noticeMs <= from) return `In time: given ${ahead} ahead, ${asked} asked.`;
  if (at + noticeMs <= until)
    return [
      `Given ${ahead} ahead, ${asked} asked: it counts from `,
      { time: at + noticeMs, as: 'date' },
      ' on. A run before that is held until somebody waives “notice-given” by name.',
    ];
  return `Too late for all of its window: given ${ahead} ahead, ${asked} asked. A run in it is held until somebody waives “notice-given” by name.`;
}

/** What else the house wants to have been so by then. */
function ttlLine({ from }: Window, world: CommandWorld): Line[] {
  const { ttl } = world.runner.system.rules;
  if (ttl === null) return [];
  const since = from - ttl.forMs;
  const words = `DNS TTLs must have been ${ttl.atMostSeconds} s or less for ${lengthText(ttl.forMs)} by then`;
  return [[`${words}: since `, { time: since, as: 'date' }, since > world.runner.now() ? '.' : ', which is past.']];
}

const between = ({ from, until }: Pick<Notice, 'from' | 'until'>): Span[] => [
  { time: from, as: 'date' },
  ' to ',
  { time: until, as: 'date' },
];

async function give(request: Request, world: CommandWorld): Promise<Reply> {
  const { runner } = world;
  const window = windowOf(request, world);
  if (typeof window === 'string') return await refuser(request, world)(`${window} Nothing was scheduled.`, [], 'input');
  const told = { ...window, by: request.person, withdrawn: false };
  const noted = await runner.note(
    request.person,
    { type: 'NOTICE_GIVEN', data: window },
    [{ slot: `notice:${slotOf(request)}`, name: 'notice', facts: told, broadcast: false }],
    request.delivery,
  );
  if (!noted) return say('This was already taken: it acts once.');
  const given = (await runner.notices()).findLast(({ by, from }) => by === request.person && from === window.from);
  const { n = 0, at = runner.now() } = given ?? {};
  return say(
    [
      { bold: `Notice ${n}` },
      `: ${fromTo(window.source, window.target)}, `,
      ...between(window),
      '. It is announced now.',
    ],
    [
      counts({ ...window, at }, runner.system.rules.noticeMs),
      ...ttlLine(window, world),
      ...(world.onPage ? ['The status page announces it too, as maintenance.'] : []),
      ['It starts nothing by itself. Take it back with ', { code: `/dr schedule ${WITHDRAW} ${n}` }, '.'],
    ],
  );
}

async function withdraw(request: Request, world: CommandWorld): Promise<Reply> {
  const { runner } = world;
  const refuse = refuser(request, world);
  const standing = await runner.notices();
  const typed = request.words[1] ?? '';
  const one = standing.find(({ n }) => String(n) === typed.replace(/^#/, ''));
  if (!one) {
    const known = standing.map(({ n }) => n).join(', ');
    const what = typed === '' ? 'Say which notice' : `“${typed}” is not the number of a notice that stands`;
    return await refuse(
      `${what}. ${known === '' ? 'None stands.' : `Standing: ${known}; /dr schedule lists them.`} Nothing was withdrawn.`,
      [],
      'input',
    );
  }
  const { n, source, target, from, until } = one;
  const reason = (request.named['reason'] ?? '').trim();
  const facts = { source, target, from, until, reason, by: request.person, withdrawn: true };
  const noted = await runner.note(
    request.person,
    { type: 'NOTICE_WITHDRAWN', data: { n, reason } },
    [{ slot: `notice:${slotOf(request)}`, name: 'notice', facts, broadcast: false }],
    request.delivery,
  );
  if (!noted) return say('This was already taken: it acts once.');
  return say([
    { bold: `Notice ${n}` },
    ` of ${fromTo(source, target)}, `,
    ...between(one),
    ', is withdrawn. It is announced now.',
  ]);
}

/** Each message stands by itself: nobody is told by an edit. */
const slotOf = ({ delivery }: Request): string => hashOf(delivery).slice(0, 12);

async function list(world: CommandWorld): Promise<Reply> {
  const { runner } = world;
  const standing = (await runner.notices()).filter(({ until }) => until >= runner.now());
  const region = Object.keys(runner.system.regions)[0] ?? 'REGION';
  if (standing.length === 0) return say('No notice stands.', [['Give one: ', { code: example(region, world) }]]);
  return say(
    'Notices that stand:',
    standing.map((one) => [
      { bold: String(one.n) },
      ` · ${fromTo(one.source, one.target)} · `,
      ...between(one),
      ' · ',
      { untrusted: `“${one.reason}”` },
      ', by ',
      who(one.by),
      '. ',
      ...[counts(one, runner.system.rules.noticeMs)].flat(),
      ...pageWords(one.n, world),
    ]),
  );
}

/** Whether customers can read it. */
function pageWords(n: number, { onPage }: CommandWorld): Span[] {
  if (onPage === undefined) return [];
  const seen = onPage(n);
  if (seen === null) return [' The status page has not been told yet.'];
  return seen.is === 'announced' ? [' The status page announces it.'] : [' ', { untrusted: seen.why }];
}

export const schedule: Command = {
  name: 'schedule',
  usage: 'schedule [<region> at:"YYYY-MM-DD hh:mm" [for:4h] [to:<region>] reason:"…" | withdraw <number>]',
  summary: 'Tell people ahead of a planned move (times in UTC), list what stands, take one back.',
  access: 'read',
  keys: ['at', 'for'],
  words: 2,
  async handle(request, world) {
    if (request.words.length === 0 && Object.keys(request.named).length === 0) return await list(world);
    const verdict = mayOperate(request.actor, world.operators);
    if (!verdict.ok)
      return await refuser(request, world)(
        [
          verdict.why,
          ...(verdict.why.endsWith(': ')
            ? world.operators.flatMap((one, index) => [index > 0 ? ', ' : '', who(one)])
            : []),
        ],
        [],
        'rights',
      );
    return request.words[0]?.toLowerCase() === WITHDRAW ? await withdraw(request, world) : await give(request, world);
  },
};
