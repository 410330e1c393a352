/** Questions about data, asked of one side: what is kept of the answers, and a question that cannot be asked at all. */
import { IntegrationError, sentenceOf } from '../lib/errors.ts';
import type { Evidence } from '../machine/types.ts';
import type { Answer } from '../ports/answer.ts';
import { type Database, QUERY_REFUSED } from '../ports/database.ts';

export type Question = { name: string; query: string };
export type Answered = Question & { answer: string };

/** @throws IntegrationError where the server does not answer: that may pass. */
export async function askData(
  database: Database,
  region: string,
  questions: Question[],
  signal: AbortSignal,
): Promise<{ lsn: string; answers: Answered[] } | { refused: Answer }> {
  try {
    const queries = questions.map(({ query }) => query);
    const { lsn, answers } = await database.read(region, queries, signal);
    return { lsn, answers: questions.map((question, index) => ({ ...question, answer: answers[index]! })) };
  } catch (error) {
    if (!(error instanceof IntegrationError && error.code === QUERY_REFUSED)) throw error;
    const why = sentenceOf(error);
    // Asked again it would be refused again, and clients wait.
    return { refused: { is: 'notDone', why, evidence: { trouble: [why] }, final: true } };
  }
}

/** What `data-at-source` has left in the journal; null where it kept nothing: skipped, or not asked yet. */
export function keptOf(
  evidence: Evidence | null,
): { lsn: string; answers: Answered[]; targetAnswers: Answered[] | null } | null {
  const { lsn, answers, targetAnswers } = evidence ?? {};
  if (typeof lsn !== 'string' || !Array.isArray(answers)) return null;
  return {
    lsn,
    answers: answers as Answered[],
    targetAnswers: Array.isArray(targetAnswers) ? (targetAnswers as Answered[]) : null,
  };
}
