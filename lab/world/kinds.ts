/**
 * The worlds the lab can be. Each is built from a configuration file of the project as it stands; what that file does
 * not say of its product stands here.
 */
import { NOVA_SCRIPTS } from '../scripts/nova/table.ts';
import { EDEN_SCRIPTS } from '../scripts/table.ts';

export type WorldName = 'eden' | 'novacron';

export type WorldKind = {
  name: WorldName;
  /** The configuration Regent is started on. */
  file: URL;
  /** Name of the chat's workspace. */
  workspace: string;
  /** The product's database, and the role of the application in it. */
  database: string;
  application: string;
  /** The service that keeps tasks: the writer posts to it by its public name. */
  writer: string;
  /** First labels of public names that are not a service's own: the service behind each. */
  hosts: Record<string, string>;
  /** The scripts of its runbook: the file of each below `lab/scripts`. */
  scripts: Record<string, string>;
};

const config = (name: string): URL => new URL(`../../config/${name}`, import.meta.url);

export const WORLDS: Record<WorldName, WorldKind> = {
  eden: {
    name: 'eden',
    file: config('eden.yml'),
    workspace: 'Eden, in the lab',
    database: 'eden_vault',
    application: 'eden_app',
    writer: 'task-service',
    hosts: { api: 'api-gateway', vault: 'vault-service' },
    scripts: EDEN_SCRIPTS,
  },
  novacron: {
    name: 'novacron',
    file: config('novacron.yml'),
    workspace: 'NovaCron, in the lab',
    database: 'novacron',
    application: 'novacron_app',
    writer: 'vm-manager',
    hosts: {},
    scripts: NOVA_SCRIPTS,
  },
};
export const WORLD_NAMES = Object.keys(WORLDS) as WorldName[];
