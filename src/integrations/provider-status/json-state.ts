/** What a JSON answer says: Statuspage's `status.json`, or a plain `{"status": "…"}` of one's own. */
import { foreignText } from '../../lib/foreign-text.ts';
import { type Said, unknown } from './said.ts';

/** Statuspage's; `none` means no impact. Planned maintenance is worth knowing in the middle of an outage. */
const INDICATORS = new Map<string, Said['state']>([
  ['none', 'ok'],
  ['minor', 'trouble'],
  ['major', 'trouble'],
  ['critical', 'trouble'],
  ['maintenance', 'trouble'],
]);

/** Words of plain answers, compared without case, spaces and underscores. Any other word is unknown, never ok. */
const OK = 'ok okay up operational healthy good green available normal online pass passing active running'.split(' ');
const TROUBLE = `
  trouble down degraded degradedperformance outage partialoutage majoroutage incident maintenance undermaintenance
  unhealthy unavailable offline error errors fail failed failing failure critical major minor warning warn red yellow
  orange impaired disrupted disruption investigating identified
`
  .trim()
  .split(/\s+/);

/** null where there is no status in it that is known here. */
export function jsonState(text: string): Said | null {
  const body = parsed(text);
  const status = body?.['status'];
  if (typeof status === 'string') {
    const word = status.toLowerCase().replaceAll(/[\s_-]+/g, '');
    const state = OK.includes(word) ? 'ok' : TROUBLE.includes(word) ? 'trouble' : null;
    const shown = foreignText(status);
    if (state === null) return unknown(`its status “${shown}” is not known here`);
    const more = [body?.['description'], body?.['message']].find((each) => typeof each === 'string' && each !== '');
    return { state, sentence: more === undefined ? shown : `${shown}, ${foreignText(more)}` };
  }
  const { indicator, description } = objectIn(status) ?? {};
  if (typeof indicator !== 'string') return null;
  const words = typeof description === 'string' && description !== '' ? foreignText(description) : '';
  const state = INDICATORS.get(indicator.toLowerCase());
  if (state === undefined) return unknown(`its indicator “${foreignText(indicator)}” is not known here`);
  return { state, sentence: words === '' ? `its indicator says ${indicator}` : words };
}

function parsed(text: string): { [key: string]: unknown } | null {
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return null;
  }
}

const objectIn = (given: unknown): { [key: string]: unknown } | null =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as { [key: string]: unknown }) : null;
