/** monitoring_target.sh --region=<alias or name> [--check]: people are paged for that region from now on. */
import { runTable } from './points.ts';

await runTable({
  name: 'monitoring_target.sh',
  who: 'Monitoring',
  parts: 'alert rules and dashboards',
  at: ({ monitoring }) => monitoring,
});
