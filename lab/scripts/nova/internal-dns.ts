/** internal_dns.sh --region=<alias or name> [--check]: internal names answer that region, at once. */
import { runTable } from './points.ts';

await runTable({
  name: 'internal_dns.sh',
  who: 'Internal DNS',
  parts: 'internal names',
  at: ({ internalDns }) => internalDns,
});
