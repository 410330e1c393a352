/** Whether enough regions are there to decide anything: half of them and one more, the witness counted and healthy. */

export type Member = {
  region: string;
  role: 'data' | 'witness';
  /** Whether it is up, as agreed upon; null where nobody could say. */
  up: boolean | null;
};

export type Quorum = {
  /** null: it cannot be said, and nothing may rest on it. */
  held: boolean | null;
  up: number;
  needed: number;
  of: number;
  /** Why it is not held, in a sentence; null where it is. */
  why: string | null;
};

/** The least number of active regions, the witness among them. */
const LEAST = 2;

export function quorumOf(members: Member[]): Quorum {
  const of = members.length;
  const needed = Math.max(LEAST, Math.floor(of / 2) + 1);
  const names = (list: Member[]) => list.map(({ region }) => region).join(', ') || 'none';
  const there = members.filter(({ up }) => up === true);
  const unknown = members.filter(({ up }) => up === null);
  const base = { up: there.length, needed, of };
  const witness = members.find(({ role, up }) => role === 'witness' && up !== true);
  if (witness?.up === false) return { ...base, held: false, why: `the witness ${witness.region} is down` };
  if (there.length >= needed)
    return witness
      ? { ...base, held: null, why: `nobody can say whether the witness ${witness.region} is up` }
      : { ...base, held: true, why: null };
  const counted = `${there.length} of ${of} regions are up (${names(there)}), ${needed} are needed`;
  return there.length + unknown.length >= needed
    ? { ...base, held: null, why: `${counted}; nobody can say of ${names(unknown)}` }
    : { ...base, held: false, why: counted };
}
