/** Eden's scripts, by the names its runbook calls them: the file of each beside this one. */
export const EDEN_SCRIPTS = {
  'postgres_backup.sh': 'postgres-backup.ts',
  'redis_backup.sh': 'redis-backup.ts',
  'config_backup.sh': 'config-backup.ts',
  'config_restore.sh': 'config-restore.ts',
  'standby.sh': 'standby.ts',
  'network_reach.sh': 'network-reach.ts',
  'configure_reverse_replication.sh': 'configure-reverse-replication.ts',
};
export type ScriptName = keyof typeof EDEN_SCRIPTS;
