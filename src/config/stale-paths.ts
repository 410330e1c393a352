/** What goes on using the old way after a move, though everything else has changed. */
import { z } from 'zod';
import { name } from './fields.ts';

export const stalePaths = z
  .strictObject({
    restart: z
      .array(name('a deployment'))
      .prefault([])
      .describe(
        'Deployments that look an address up once and keep it: restarted in the region that serves once DNS has moved, one pod after the other. They must stand in services.deployments.',
      ),
  })
  .describe('What keeps to the old way after a move, and what is done about it.');
