/** The embedded journal: the common promises. What only a file can do wrong: test/integrations/sqlite-journal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { journalContract } from './journal.suite.ts';

journalContract('SQLite journal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  const path = join(folder, 'deep', 'journal.sqlite');
  let journal = sqliteJournal({ path });
  return {
    journal,
    async reopen() {
      await journal.close();
      journal = sqliteJournal({ path });
      return journal;
    },
    async close() {
      await journal.close();
      rmSync(folder, { recursive: true });
    },
  };
});
