/** What PagerDuty's REST API answers, read with care: whatever is not as documented is left out, never guessed. */
import type { OnCall } from '../../ports/pager.ts';

type Item = Record<string, unknown>;
export type Duty = { id: string; name: string; email: string | null; level: number; until: string | null };

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** The objects of a list in an answer; none when there is no such list. */
export function within(body: unknown, name: string): Item[] {
  const list = isItem(body) ? body[name] : undefined;
  return Array.isArray(list) ? list.filter(isItem) : [];
}

/** Who is on call, first called first, each person once; undefined when the answer is no list of on-calls. */
export function onCallsIn(body: unknown): Duty[] | undefined {
  if (!isItem(body) || !Array.isArray(body['oncalls'])) return undefined;
  const duties = within(body, 'oncalls').flatMap((one): Duty[] => {
    const user = isItem(one['user']) ? one['user'] : {};
    const id = textIn(user['id']);
    if (id === null) return [];
    const name = textIn(user['name']) ?? textIn(user['summary']) ?? id;
    const level = typeof one['escalation_level'] === 'number' ? one['escalation_level'] : 1;
    return [{ id, name, email: textIn(user['email']), level, until: textIn(one['end']) }];
  });
  const ordered = duties.toSorted((a, b) => a.level - b.level);
  return ordered.filter((duty, at) => ordered.findIndex(({ id }) => id === duty.id) === at);
}

/** Telephone numbers, then mail addresses. */
export function contactsIn(body: unknown): string[] {
  const methods = within(body, 'contact_methods');
  const of = (type: string) => methods.filter((method) => method['type'] === type);
  const numbers = [...of('phone_contact_method'), ...of('sms_contact_method')].flatMap((method) => {
    const number = textIn(method['address']);
    return number === null ? [] : [`+${method['country_code'] ?? 1} ${number}`];
  });
  const mails = of('email_contact_method').flatMap((method) => textIn(method['address']) ?? []);
  return [...new Set([...numbers, ...mails])];
}

export function reachable({ name, email, level, until }: Duty, contacts: string[]): OnCall {
  const reach = email === null || contacts.includes(email) ? contacts : [...contacts, email];
  return { name, reach, level, until };
}
