/**
 * What the lab reads out of a world's configuration file, as anybody could: the file is Regent's, the reading is the
 * lab's own. The world is built from it, so that Regent runs on the very file.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { WORLDS, type WorldKind } from './kinds.ts';
import type { NotifyFile } from './people-outside.ts';

export type RecordFile = { name: string; type: 'A' | 'CNAME'; ttl: number; values: Record<string, string[]> };

export type RegionFile = {
  role: 'primary' | 'secondary' | 'witness';
  alias: string;
  kubernetes?: { context: string };
  postgres?: {
    url: string;
    fence?: {
      selfFence?: string;
      lease?: { kubernetes: { context: string; namespace: string; name: string }; holder?: string };
    };
  };
  redis?: { url: string };
  probes?: Record<string, unknown>[];
};

export type WorldFile = {
  organization: string;
  regions: Record<string, RegionFile>;
  redis: { sentinels: string[]; master: string; pause: string };
  services: {
    namespace: string;
    deployments: Record<string, { replicas: number; writeHeavy?: boolean; health?: string; publicHealth?: string }>;
  };
  dns: { provider: string; zone: string; zoneName: string; records: RecordFile[] }[];
  groups: Record<string, string>;
  gates: Record<string, { timeout?: string; required?: boolean; approvers?: string[]; escalateTo?: string[] }>;
  monitoring?: { url: string };
  metrics?: { url: string };
  verify?: { performance?: object; workflows?: { name: string; requests?: Record<string, unknown>[] }[] };
  rules?: object;
  hold?: unknown;
  trigger?: Record<string, unknown>;
  backups?: object;
  alerts?: object;
  providerStatus?: { name: string; url: string }[];
  state?: object;
  api?: object;
  steps: { id: string; exec?: string[] }[];
  notify: { channel: string; developers?: string; stakeholders?: string } & NotifyFile;
};

export const readWorldFile = ({ file }: Pick<WorldKind, 'file'> = WORLDS.eden): WorldFile =>
  parse(readFileSync(file, 'utf8')) as WorldFile;

/** The data regions in the file's order: first the one that serves. */
export const dataRegions = (file: WorldFile): [string, string, ...string[]] =>
  Object.entries(file.regions)
    .filter(([, region]) => region.role !== 'witness')
    .map(([name]) => name) as [string, string, ...string[]];

/** The region that holds no data and only looks; null where the file has none. */
export const witnessIn = (file: WorldFile): string | null =>
  Object.entries(file.regions).find(([, region]) => region.role === 'witness')?.[0] ?? null;

/** The variable a reference names: `PG_EAST` of `env:PG_EAST`. @throws Error for any other reference */
export function variableOf(reference: string): string {
  const name = /^env:(.+)$/.exec(reference)?.[1];
  if (name === undefined) throw new Error(`The lab can fill env:NAME only, and the file says ${reference}.`);
  return name;
}
