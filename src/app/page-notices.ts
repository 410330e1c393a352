/** What the status page announces ahead of time, where the configuration has one. */
import type { Config } from '../config/schema.ts';
import type { Ledger } from '../runner/ledger.ts';
import { PageNotices, type PageNoticesWorld } from '../runner/page-notices.ts';
import type { Tellers } from './tellers.ts';

type Around = Pick<PageNoticesWorld, 'journal' | 'clock' | 'log' | 'stop'> &
  Pick<Tellers, 'statusPage' | 'staging'> & { config: Config; ledger: Ledger };

/** Not started; woken by every notice. Null without a page. */
export function pageNoticesOf({ config, statusPage, ledger, ...around }: Around): PageNotices | null {
  if (statusPage === null) return null;
  const keeper = new PageNotices({
    ...around,
    page: statusPage,
    components: Object.keys(config.notify.statuspage?.components ?? {}),
    organization: config.organization,
    callMs: config.timings.callTimeout,
  });
  ledger.onNote(() => keeper.wake());
  return keeper;
}
