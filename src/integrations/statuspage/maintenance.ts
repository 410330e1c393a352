/**
 * Maintenance announced ahead of time. To Statuspage it is an incident too, with other states, which it enters and leaves
 * by its own clock; it is found again by the key in its metadata.
 */
import type { StatusPage } from '../../ports/status-page.ts';
import type { Api } from './api.ts';
import { cut, type Doing, found, type Incident, incidentsIn, linkIn, MAX_NAME, MAX_TEXT, RECENT } from './incident.ts';

type World = {
  api: Api;
  /** Path of the page's incidents. */
  incidents: string;
  deliver_notifications: boolean;
  oneByOne: <T>(key: string, work: () => Promise<T>) => Promise<T>;
  /** @throws IntegrationError for a component without an id */
  idsOf(names: string[], doing: Doing): string[];
};

export function announcing({
  api,
  incidents,
  deliver_notifications,
  oneByOne,
  idsOf,
}: World): Pick<StatusPage, 'announce' | 'takeBack'> {
  const find = async (key: string, doing: Doing, signal: AbortSignal): Promise<Incident | undefined> => {
    const ask = async (path: string) => incidentsIn(await api({ ...doing, method: 'GET', path }, signal), doing);
    return found(key, await ask(`${incidents}/scheduled`)) ?? found(key, await ask(`${incidents}?limit=${RECENT}`));
  };
  return {
    announce: (key, { name, body, from, until, components }, signal) =>
      oneByOne(key, async () => {
        const doing = { operation: 'announce', what: `The status page was not told about ${key}` };
        const component_ids = idsOf(components, doing);
        const before = await find(key, doing, signal);
        if (before !== undefined) return { link: before.link, already: true };
        const incident = {
          name: cut(name, MAX_NAME),
          body: cut(body, MAX_TEXT),
          status: 'scheduled',
          impact_override: 'maintenance',
          scheduled_for: new Date(from).toISOString(),
          scheduled_until: new Date(until).toISOString(),
          scheduled_auto_in_progress: true,
          scheduled_auto_completed: true,
          deliver_notifications,
          metadata: { regent: { key } },
          component_ids,
        };
        const made = await api({ ...doing, method: 'POST', path: incidents, body: { incident } }, signal);
        return { link: linkIn(made), already: false };
      }),

    takeBack: (key, body, signal) =>
      oneByOne(key, async () => {
        const doing = { operation: 'takeBack', what: `The status page was not told that ${key} is off` };
        const before = await find(key, doing, signal);
        if (before === undefined || before.status === 'completed') return;
        const incident = { body: cut(body, MAX_TEXT), status: 'completed', deliver_notifications };
        await api({ ...doing, method: 'PATCH', path: `${incidents}/${before.id}`, body: { incident } }, signal);
      }),
  };
}
