/** Who ran what and when: one line for each start and each end, the witness that no script was run twice. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type LedgerLine =
  | {
      phase: 'start';
      at: string;
      script: string;
      args: string[];
      /** It only asks and changes nothing. */
      check: boolean;
      /** From REGENT_RUN, REGENT_STEP and REGENT_ATTEMPT; null by hand. */
      run: string | null;
      step: string | null;
      attempt: string | null;
      pid: number;
    }
  | { phase: 'end'; at: string; script: string; pid: number; status: number; signal: string | null };

/** Appended by one system call: lines of scripts that run at the same time do not mix. */
export function appendLine(file: string, line: LedgerLine): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

export function readLedger(file: string): LedgerLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}
