/** A process of its own: opens the journal named, appends one event after another and says each it was acknowledged. */
import { sqliteJournal } from '../../../src/integrations/sqlite-journal/journal.ts';

const [path = '', task = 'append'] = process.argv.slice(2);
try {
  const journal = sqliteJournal({ path });
  const token = await journal.claim('writer');
  process.stdout.write(`open ${token}\n`);
  if (task === 'hold') setInterval(() => {}, 1000);
  else
    for (let length = (await journal.read('eden-1')).length; ; length += 1) {
      const data = { length, filler: 'x'.repeat(2000) };
      const entry = { at: length, actor: 'writer', type: 'A', deadline: null, data };
      await journal.transact((tx) => tx.append('eden-1', length, token, [entry, { ...entry, type: 'B' }].slice(0, 1)));
      process.stdout.write(`${length + 1}\n`);
    }
} catch (error) {
  const { code, sentence } = error as { code?: string; sentence?: string };
  process.stdout.write(`${code}: ${sentence ?? String(error)}\n`);
  process.exitCode = 1;
}
