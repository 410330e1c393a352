/**
 * NovaCron's scripts, by the names config/novacron.yml calls them: the file of each below `lab/scripts`. They read
 * `nova` in the facts, which is what `startNova` (lab/services/nova.ts) gives back as `facts`.
 */
export const NOVA_SCRIPTS: Record<string, string> = {
  'state.sh': 'nova/state.ts',
  'consensus_leader.sh': 'nova/consensus-leader.ts',
  'cloudflare_records.sh': 'nova/cloudflare-records.ts',
  'internal_dns.sh': 'nova/internal-dns.ts',
  'internal_routing.sh': 'nova/internal-routing.ts',
  'load_balancer.sh': 'nova/load-balancer.ts',
  'monitoring_target.sh': 'nova/monitoring-target.ts',
  'crdt_check.sh': 'nova/crdt-check.ts',
  'vm_check.sh': 'nova/vm-check.ts',
  'power_off_nodes.sh': 'nova/power-off-nodes.ts',
  'firewall.sh': 'nova/firewall.ts',
  'storage_access.sh': 'nova/storage-access.ts',
};

/** Where NovaCron's own systems stand, as a real site's inventory would say. */
export type NovaFacts = {
  /** Directory in which scripts leave for each other what belongs to a run. */
  work: string;
  /** Outside the regions. */
  cloudflare: { url: string; token: string; zone: string };
  internalDns: string;
  routing: string;
  balancer: string;
  monitoring: string;
  /** By region: its control plane (state, consensus, machines, power, firewall, storage). */
  regions: Record<string, string>;
};
