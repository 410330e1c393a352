/**
 * Statuspage as a `StatusPage`. Its API knows no idempotency key: every incident of ours carries its key in its metadata,
 * and is looked for before anything is made. What was said last is compared before it is said again.
 */
import { IntegrationError } from '../../lib/errors.ts';
import type { ComponentState, StatusPage } from '../../ports/status-page.ts';
import { type ApiOptions, statuspageApi } from './api.ts';
import { cut, type Doing, found, type Incident, incidentsIn, linkIn, MAX_NAME, MAX_TEXT, RECENT } from './incident.ts';
import { lanes } from './lanes.ts';
import { announcing } from './maintenance.ts';

export type StatuspageOptions = ApiOptions & {
  pageId: string;
  /** Our name of each component and its id at Statuspage. */
  components: Record<string, string>;
  /** Whether subscribers are told of every update; default true. */
  notifySubscribers?: boolean;
};

const STATES: Record<ComponentState, string> = {
  operational: 'operational',
  degraded: 'degraded_performance',
  partialOutage: 'partial_outage',
  majorOutage: 'major_outage',
  maintenance: 'under_maintenance',
};

export function statuspage(options: StatuspageOptions): StatusPage {
  const api = statuspageApi(options);
  const incidents = `/pages/${encodeURIComponent(options.pageId)}/incidents`;
  const deliver_notifications = options.notifySubscribers ?? true;
  // Two calls for one key must not both find nothing.
  const oneByOne = lanes();

  const find = async (key: string, doing: Doing, signal: AbortSignal): Promise<Incident | undefined> => {
    const ask = async (path: string) => incidentsIn(await api({ ...doing, method: 'GET', path }, signal), doing);
    return found(key, await ask(`${incidents}/unresolved`)) ?? found(key, await ask(`${incidents}?limit=${RECENT}`));
  };

  const componentsOf = (states: Record<string, ComponentState> = {}, { operation, what }: Doing) => {
    const entries = Object.entries(states).map(([name, state]): [string, string] => {
      const id = options.components[name];
      if (id !== undefined) return [id, STATES[state]];
      throw new IntegrationError(`${what}: its component ${name} has no id in the configuration.`, {
        code: 'statuspage-unknown-component',
        hint: `Known are ${Object.keys(options.components).join(', ') || 'none'}.`,
        system: 'statuspage',
        operation,
        effect: 'none',
      });
    });
    return entries.length === 0
      ? {}
      : { components: Object.fromEntries(entries), component_ids: entries.map(([id]) => id) };
  };

  /** The incident that was opened under this key, or the sentence that there is none. */
  const known = async (key: string, doing: Doing, signal: AbortSignal): Promise<Incident> => {
    const incident = await find(key, doing, signal);
    if (incident !== undefined) return incident;
    throw new IntegrationError(`${doing.what}: it has no incident of ${key}.`, {
      code: 'statuspage-no-incident',
      system: 'statuspage',
      operation: doing.operation,
      effect: 'none',
    });
  };

  return {
    open: (key, { name, body, status, impact, components }, signal) =>
      oneByOne(key, async () => {
        const doing = { operation: 'open', what: `The status page was not told about ${key}` };
        const touched = componentsOf(components, doing);
        const before = await find(key, doing, signal);
        if (before !== undefined) return { link: before.link, already: true };
        const incident = {
          name: cut(name, MAX_NAME),
          body: cut(body, MAX_TEXT),
          status,
          impact_override: impact,
          deliver_notifications,
          metadata: { regent: { key } },
          ...touched,
        };
        const made = await api({ ...doing, method: 'POST', path: incidents, body: { incident } }, signal);
        return { link: linkIn(made), already: false };
      }),

    update: (key, { body, status, impact, components }, signal) =>
      oneByOne(key, async () => {
        const doing = { operation: 'update', what: `The status page was not told the news of ${key}` };
        const touched = componentsOf(components, doing);
        const before = await known(key, doing, signal);
        const text = cut(body, MAX_TEXT);
        if (before.last?.status === status && before.last.body === text) return;
        if (before.status === 'resolved') throw over(key, doing);
        const incident = {
          body: text,
          status,
          deliver_notifications,
          ...(impact === undefined ? {} : { impact_override: impact }),
          ...touched,
        };
        await api({ ...doing, method: 'PATCH', path: `${incidents}/${before.id}`, body: { incident } }, signal);
      }),

    resolve: (key, { body, components }, signal) =>
      oneByOne(key, async () => {
        const doing = { operation: 'resolve', what: `The status page was not told that ${key} is over` };
        const touched = componentsOf(components, doing);
        const before = await known(key, doing, signal);
        if (before.status === 'resolved') return;
        const incident = { body: cut(body, MAX_TEXT), status: 'resolved', deliver_notifications, ...touched };
        await api({ ...doing, method: 'PATCH', path: `${incidents}/${before.id}`, body: { incident } }, signal);
      }),

    ...announcing({
      api,
      incidents,
      deliver_notifications,
      oneByOne,
      idsOf: (names, doing) =>
        componentsOf(Object.fromEntries(names.map((name) => [name, 'maintenance'])), doing).component_ids ?? [],
    }),
  };
}

/** An update would open it again before the eyes of all customers. */
const over = (key: string, { operation, what }: Doing): IntegrationError =>
  new IntegrationError(`${what}: its incident is already resolved.`, {
    code: 'statuspage-resolved',
    hint: `Open ${key} again by hand where that is meant.`,
    system: 'statuspage',
    operation,
    effect: 'none',
  });
