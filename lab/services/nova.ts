/**
 * What only NovaCron has, beside databases and clusters: Cloudflare before its names, internal DNS and routes, a global
 * load balancer, and in each region state that no database replicates, a consensus, machines, power controllers, a
 * firewall and shared storage. Small real servers; what they hold is asked of them, never of Regent.
 */
import { join } from 'node:path';
import type { NovaFacts } from '../scripts/nova/table.ts';
import { type OutsideSeen, startNovaOutside } from './nova-outside.ts';
import { type NovaRegion, type NovaRegionSeen, type Shut, startNovaRegion } from './nova-region.ts';

export type NovaOptions = {
  /** A directory of its own; whoever owns it takes it away. */
  dir: string;
  pace: number;
  /** First the one that serves. */
  regions: { name: string; alias: string }[];
  /** Services that are reached by internal names and routes. */
  services: string[];
  /** Asks a region's load balancer as a client does: its status and which region answered. @throws when nobody does */
  ask(region: string): Promise<{ status: number; region: string | null }>;
  /** Whether anybody outside the region reaches it. */
  reachable(region: string): boolean;
  /** Whether Regent, and so its scripts, reaches anything. */
  isolated?(): boolean;
  /** The region's nodes were switched off. */
  onPowerOff?(region: string): Promise<void> | void;
};

/** Names that customers reach through Cloudflare. */
const AT_CLOUDFLARE = ['www.novacron.example.com', 'console.novacron.example.com'];

export type NovaSeen = OutsideSeen & {
  /** Regions that are up and take themselves for the leader. */
  leaders: string[];
  regions: Record<string, NovaRegionSeen>;
};

export type Nova = {
  readonly facts: NovaFacts;
  /** Reads all state of all regions: not to be asked all the time. */
  seen(): NovaSeen;
  /** How far a region is shut out. */
  shut(region: string): Shut;
  close(): Promise<void>;
};

export async function startNova(options: NovaOptions): Promise<Nova> {
  const { dir, pace, regions, reachable, isolated = () => false, onPowerOff = () => {} } = options;
  const first = regions[0]!.name;
  const parts: NovaRegion[] = [];
  const isThere = (one: NovaRegion): boolean => reachable(one.name) && one.works();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    for (const [index, { name, alias }] of regions.entries()) {
      const part = await startNovaRegion({
        name,
        alias,
        dir: join(dir, name),
        // Whoever serves has everything; the others lag behind, each in its own way.
        behind: index,
        leads: name === first,
        pace,
        reachable: () => reachable(name),
        answers: () => !isolated(),
        peers: () => parts.filter((one) => one.name !== name && reachable(one.name) && reachable(name)),
        members: regions.length,
        onPowerOff: () => onPowerOff(name),
      });
      parts.push(part);
      closers.push(() => part.close());
    }
    const outside = await startNovaOutside({ ...options, names: AT_CLOUDFLARE, answers: () => !isolated() });
    closers.push(() => outside.close());
    return {
      facts: {
        ...outside.facts,
        work: join(dir, 'work'),
        regions: Object.fromEntries(parts.map(({ name, url }) => [name, url])),
      },
      seen: () => ({
        ...outside.seen(),
        leaders: parts.filter((one) => isThere(one) && one.leads()).map(({ name }) => name),
        regions: Object.fromEntries(
          parts.map((part) => [part.name, part.seen(parts.filter((one) => one !== part && isThere(one)))]),
        ),
      }),
      shut: (region) => parts.find(({ name }) => name === region)!.shut(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
