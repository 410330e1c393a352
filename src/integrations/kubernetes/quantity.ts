/** Kubernetes quantities (`250m`, `1.5Gi`, `1e3`) as plain numbers. The client library's own parser throws on `1.5Gi`. */

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * Cores of a cpu quantity, bytes of a memory quantity. `1E` is exa, `1E3` an exponent.
 * @throws RangeError when the text is no quantity: a wrong number must never pass for room.
 */
export function parseQuantity(text: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text.slice(0, 40)}" is not a Kubernetes quantity`);
  return Number(match[1]) * FACTORS[match[2] ?? '']!;
}
