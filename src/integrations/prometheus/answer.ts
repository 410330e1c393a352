/** The one number in an answer of Prometheus' query API, or the words for why it is none. */

/** What `/api/v1/query` answers, as far as it is looked at; nothing of it is believed before that. */
export type QueryAnswer = {
  status?: unknown;
  errorType?: unknown;
  error?: unknown;
  data?: { resultType?: unknown; result?: unknown } | null;
};

/** What to do about an answer of many numbers. */
export const AGGREGATE = 'aggregate the query to one number, as with sum()';

type Found = { value: number | null } | { problem: string };

/** Null is no data: an empty vector, or NaN, as nothing divided by nothing is. */
export function numberIn({ data }: QueryAnswer): Found {
  const { resultType, result } = data ?? {};
  if (!Array.isArray(result)) return { problem: 'its answer has no result' };
  if (resultType === 'scalar') return numberOf(result[1]);
  if (resultType !== 'vector')
    return {
      problem: `its answer is a ${String(resultType).slice(0, 40)}, not one number: leave out the range of the query`,
    };
  if (result.length === 0) return { value: null };
  if (result.length > 1) return { problem: `its answer has ${result.length} samples: ${AGGREGATE}` };
  const sample = (result[0] ?? {}) as { value?: unknown; histogram?: unknown };
  if (!Array.isArray(sample.value))
    return { problem: `its answer is ${sample.histogram === undefined ? 'no number' : 'a histogram'}, not one number` };
  return numberOf(sample.value[1]);
}

/** Prometheus writes numbers as text; `NaN`, `+Inf` and `-Inf` are among them. */
function numberOf(text: unknown): Found {
  if (text === 'NaN') return { value: null };
  const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { value } : { problem: `its answer is ${String(text).slice(0, 40)}, not a number` };
}
