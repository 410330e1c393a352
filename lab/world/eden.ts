/**
 * What the lab reads out of config/eden.yml, as anybody could: the file is Regent's, the reading is the lab's own.
 * The lab's world is built from it, so that Regent runs on the very file.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export type EdenFile = {
  organization: string;
  regions: Record<string, { role: string; alias: string; kubernetes: { context: string }; redis?: unknown }>;
  redis: { sentinels: string[]; master: string; pause: string };
  services: {
    namespace: string;
    deployments: Record<string, { replicas: number; writeHeavy?: boolean; health: string; publicHealth: string }>;
  };
  dns: {
    provider: string;
    zone: string;
    zoneName: string;
    records: { name: string; type: 'A'; ttl: number; values: Record<string, string[]> }[];
  }[];
  groups: Record<string, string>;
  gates: Record<string, { timeout: string }>;
  monitoring: { url: string };
  metrics: { url: string };
  verify: { workflows: { name: string; requests?: Record<string, unknown>[] }[] };
  steps: { id: string; exec: string[] }[];
  notify: { channel: string; developers: string; stakeholders: string };
};

export const EDEN_PATH = new URL('../../config/eden.yml', import.meta.url);
export const readEden = (): EdenFile => parse(readFileSync(EDEN_PATH, 'utf8')) as EdenFile;

/** The data regions in the file's order: first the one that serves. */
export const dataRegions = (eden: EdenFile): string[] =>
  Object.entries(eden.regions)
    .filter(([, region]) => region.role !== 'witness')
    .map(([name]) => name);
