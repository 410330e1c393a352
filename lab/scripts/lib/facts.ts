/**
 * What the lab's scripts are told about their world: the file that stands where a real site has inventories and
 * credentials. The world writes it, each start of a script reads it anew.
 */
import { readFileSync } from 'node:fs';
import type { Programs } from '../../postgres/programs.ts';
import type { NovaFacts } from '../nova/table.ts';

export type RegionFacts = {
  alias: string;
  /** The loopback address its connections leave from. */
  address: string;
  postgres: {
    /** Superuser's URL of the database `postgres`. */
    administration: string;
    /** URL of the product's database, for reading all of it. */
    database: string;
    /** URL of the role that streams. */
    replication: string;
    dataDirectory: string;
    logFile: string;
    /** Of its version. */
    programs: Programs;
    statefulset: string;
    /** Where no StatefulSet stops and starts the server: the address whose POST starts it. */
    start: string | null;
  };
  /** Null where the lab runs without Redis. */
  redis: string | null;
  kubernetes: { url: string; token: string; namespace: string };
  /** Directory of the region's file store: what the other region leaves here survives the loss of that region. */
  store: string;
  /** Directory of the region's configuration files. */
  configuration: string;
};

export type Facts = {
  /** Divides every wait. */
  pace: number;
  /** File with one line for each start and each end of a script. */
  ledger: string;
  /** Name of the product's database. */
  database: string;
  regions: Record<string, RegionFacts>;
  /** Scripts whose copy is damaged on its way: a fault of the lab. */
  corrupt: string[];
  /** NovaCron's own systems, where that is the world. */
  nova?: NovaFacts;
};

export type Region = RegionFacts & { name: string };

export const readFacts = (path: string): Facts => JSON.parse(readFileSync(path, 'utf8')) as Facts;

/** A region by its name or its alias. @throws Error naming what there is */
export function regionNamed(facts: Facts, given: string): Region {
  const entries = Object.entries(facts.regions);
  const found = entries.find(([name, { alias }]) => name === given || alias === given);
  if (!found) {
    const known = entries.map(([name, { alias }]) => `${name} (${alias})`).join(' and ');
    throw new Error(`There is no region "${given}". There are ${known}.`);
  }
  return { name: found[0], ...found[1] };
}

/** The region whose store keeps this one's copies. */
export function otherRegion(facts: Facts, region: Region): Region {
  const name = Object.keys(facts.regions).find((one) => one !== region.name);
  if (name === undefined) throw new Error(`There is no region beside ${region.name} that could keep a copy.`);
  return regionNamed(facts, name);
}
