/**
 * What the providers say about themselves, each at an address of its own: Statuspage's JSON, an RSS or Atom feed, or a
 * plain `{"status": …}`, told apart by what is answered. Whatever is not understood is unknown, and says so.
 */
import { IntegrationError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import { type Got, httpGet } from '../../lib/http-get.ts';
import type { ProviderStatus, ProviderStatusPages } from '../../ports/provider-status.ts';
import { readFeed } from './feed.ts';
import { judgeFeed } from './feed-state.ts';
import { jsonState } from './json-state.ts';
import { type Said, unknown } from './said.ts';

export type ProviderStatusOptions = {
  pages: { name: string; url: string }[];
  /** How long something posted in a feed counts as present trouble, ms; default 24 h. */
  freshMs?: number;
  /** Name servers that are asked for the addresses, `ip:port`; without it the system's. */
  resolvers?: string[];
  /** For each page. All are asked at once. */
  timeoutMs: number;
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[];
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
  now: () => number;
};

/** Feeds of a large provider with all its history. */
const MAX_BODY = 4 * 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

export function providerStatus(options: ProviderStatusOptions): ProviderStatusPages {
  const { pages, freshMs = DAY_MS, now } = options;
  const one = async ({ name, url }: { name: string; url: string }, signal: AbortSignal): Promise<ProviderStatus> => {
    const accept = 'application/json, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5';
    const got = await httpGet(new URL(url), { ...options, accept, maxBytes: MAX_BODY }, signal);
    const { state, sentence } = saidBy(got, now(), freshMs);
    return { name, url, state, sentence: `${name}: ${sentence}.` };
  };
  return {
    async status(signal) {
      const found = await Promise.all(pages.map((page) => one(page, signal)));
      if (!signal.aborted) return found;
      throw new IntegrationError('The status of the providers was no longer waited for.', {
        code: 'cancelled',
        system: 'provider-status',
        operation: 'status',
        effect: 'none',
      });
    },
  };
}

function saidBy(got: Got, now: number, freshMs: number): Said {
  if (got.is !== 'answer') return unknown(foreignText(got.why));
  const { status, text, location } = got;
  if (status >= 300 && status < 400)
    return unknown(
      `it answered ${status}; put the address it leads to, ${foreignText(location ?? 'none')}, in its place`,
    );
  if (status !== 200) return unknown(`it answered ${status}`);
  if (text === null) return unknown(`it answered more than ${MAX_BODY / 1024 / 1024} MB`);
  const body = text.trim();
  if (/^[{[]/.test(body)) return jsonState(body) ?? unknown('its JSON has no status that is known here');
  const feed = readFeed(body);
  if (feed !== null) return judgeFeed(feed, now, freshMs);
  if (/^<(!doctype )?html/i.test(body))
    return unknown('it answered a web page; put the address of its feed or of its /api/v2/status.json in its place');
  return unknown('its answer is neither JSON nor a feed');
}
