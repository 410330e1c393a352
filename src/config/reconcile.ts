/** What is compared before a region is made a standby again: what only it has is gone afterwards. */
import { z } from 'zod';
import { shaped } from './fields.ts';

export const reconcile = z
  .strictObject({
    tables: z
      .array(shaped(/^([A-Za-z_]\w*\.)?[A-Za-z_]\w*$/, 'a name for a table', 'one like tasks, or public.tasks'))
      .min(1)
      .max(50)
      .describe(
        'Tables whose rows only the region that was left has are listed by their primary keys. Each needs one. Written {tables} in regions.NAME.postgres.reprotect.exec, with commas between them.',
      ),
  })
  .describe(
    'What is listed before a region is made a standby again, beside the log that is always kept. Nothing is merged.',
  );
