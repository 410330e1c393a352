/** internal_routing.sh --region=<alias or name> [--check]: routes between regions lead there. */
import { runTable } from './points.ts';

await runTable({
  name: 'internal_routing.sh',
  who: 'The route server',
  parts: 'internal routes',
  at: ({ routing }) => routing,
});
