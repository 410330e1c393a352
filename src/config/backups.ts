/** Where it is seen what backups there are, and how fresh they must be before a region is given up. */
import { z } from 'zod';
import { duration, name, type SecretReader, secret, shaped, text, webAddress } from './fields.ts';

export const backups = (read: SecretReader) =>
  z
    .strictObject({
      fullWithin: duration().prefault('24h').describe('The last full backup may be this old.'),
      incrementalWithin: duration()
        .describe('The last incremental one may be this old. Without it: objectives.rpo.')
        .exactOptional(),
      pgbackrest: z
        .strictObject({
          stanza: name('a stanza').describe('The stanza whose backups are looked at.'),
          exec: z
            .array(text())
            .min(1)
            .describe('The program and what comes before its own arguments: [pgbackrest], [ssh, backup, pgbackrest].')
            .exactOptional(),
          env: z
            .array(
              shaped(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable', 'one like PGBACKREST_CONFIG'),
            )
            .describe('Names of environment variables handed on to it.')
            .exactOptional(),
        })
        .describe('Backups made by pgBackRest.')
        .exactOptional(),
      manifest: z
        .strictObject({
          file: text().describe('Path of the manifest.').exactOptional(),
          url: webAddress().describe('Address of the manifest.').exactOptional(),
          token: secret(read)
            .describe('Bearer token for that address, as env:NAME or file:path.')
            .meta({ writeOnly: true })
            .exactOptional(),
          maxAge: duration().prefault('1h').describe('A manifest written longer ago is not believed.'),
          directory: text().describe('Where the files it lists lie. Without it: beside the manifest.').exactOptional(),
        })
        .describe('A JSON file that says what backups there are: see docs/backup-manifest.schema.json.')
        .exactOptional(),
    })
    .superRefine((written, context) => {
      const say = (message: string) => context.addIssue({ code: 'custom', message });
      if ((written.pgbackrest === undefined) === (written.manifest === undefined))
        say('backups are seen in one place. Name pgbackrest or manifest.');
      const { manifest } = written;
      if (manifest !== undefined && (manifest.file === undefined) === (manifest.url === undefined))
        say('a manifest is a file or stands at a url. Name one of them.');
    })
    .describe('What is asked about backups before a region is given up. Without it nobody is asked.');
