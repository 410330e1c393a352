/** `/healthz` and `/readyz`: for whoever looks after the process. No token is asked, and nothing is told that needs one. */
import type { Answer } from './answer.ts';

export type Ready = {
  /** This process may write the journal, asked of the journal itself. */
  leads: boolean;
  chat: 'connected' | 'not connected';
  /** The last successful write of the journal, ms; null before the first. */
  lastWriteAt: number | null;
};

export const aliveAnswer = (): Answer => ({ status: 200, body: { ok: true } });

const FRESH_MS = 1000;

/** Asks at most once a second, however often it is asked. */
export function readiness(ready: () => Promise<Ready>, now: () => number): () => Promise<Answer> {
  let last: { at: number; answer: Promise<Answer> } | undefined;
  return () => {
    if (!last || now() - last.at >= FRESH_MS) last = { at: now(), answer: readyAnswer(ready, now) };
    return last.answer;
  };
}

/** Ready is who leads. Without the chat Regent works on, through this API: it is said, and it is ready all the same. */
async function readyAnswer(ready: () => Promise<Ready>, now: () => number): Promise<Answer> {
  const no = (why: string): Answer => ({ status: 503, body: { ok: false, leads: false, why } });
  try {
    const { leads, chat, lastWriteAt } = await ready();
    if (!leads) return no('another Regent leads, or none does yet');
    const lastJournalWrite =
      lastWriteAt === null
        ? null
        : { at: new Date(lastWriteAt).toISOString(), secondsAgo: secondsSince(lastWriteAt, now()) };
    return { status: 200, body: { ok: true, leads, chat, lastJournalWrite } };
  } catch {
    // Why stands in the log: nobody has shown a token here.
    return no('the journal cannot be used');
  }
}

const secondsSince = (at: number, now: number): number => Math.max(0, Math.round((now - at) / 1000));
