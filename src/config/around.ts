/** What others say about an outage: shown on the cards where people decide, never a reason by itself. */
import { z } from 'zod';
import { type SecretReader, secret, text, webAddress } from './fields.ts';

export const alerts = (read: SecretReader) =>
  z
    .strictObject({
      url: webAddress().describe('Address of Alertmanager; /api/v2/alerts is asked there.'),
      token: secret(read)
        .describe('Bearer token it wants, as env:NAME or file:path.')
        .meta({ writeOnly: true })
        .exactOptional(),
      filter: z
        .array(text())
        .prefault([])
        .describe('Matchers that narrow what is asked for, as Alertmanager writes them: cluster="production".'),
    })
    .describe('The alerts that fire are shown where people declare a disaster. Asked of Prometheus’ Alertmanager.');

export const providerStatus = z
  .array(
    z.strictObject({
      name: text().describe('The provider, as people call it.'),
      url: webAddress().describe(
        'Address of what it says about itself: Statuspage’s /api/v2/status.json, an RSS or Atom feed, or JSON like {"status": "ok"}.',
      ),
    }),
  )
  .prefault([])
  .describe(
    'Status feeds of the providers you rest upon, shown where people declare a disaster. No answer is unknown.',
  );
