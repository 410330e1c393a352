/** The lab's authoritative DNS server: the truth about every name of the lab, changed by Route 53 or by hand. */
import { watched } from './faults.ts';
import type { Authority, AuthorityOptions, LabRrset } from './types.ts';
import { startWire } from './wire.ts';
import { answer, makeZone, plainName, put, type Zone } from './zones.ts';

export async function startAuthority({ zones: initial, port = 0 }: AuthorityOptions): Promise<Authority> {
  const zones = new Map(initial.map((zone) => [plainName(zone.name), makeZone(zone)]));
  const watch = watched(async (question) => {
    const reply = answer([...zones.values()], question);
    return { ...reply, aa: reply.rcode !== 'REFUSED', ra: false };
  });
  const wire = await startWire(watch.handle, port);
  const zoneNamed = (name: string): Zone => {
    const zone = zones.get(plainName(name));
    if (zone === undefined) throw new Error(`the lab has no DNS zone ${name}; it has ${[...zones.keys()].join(', ')}`);
    return zone;
  };
  const copies = (zone: Zone): LabRrset[] =>
    [...zone.rrsets.values()].map((rrset) => ({ ...rrset, values: [...rrset.values] }));
  return {
    port: wire.port,
    server: `127.0.0.1:${wire.port}`,
    set: (zone, rrset) => put(zoneNamed(zone), [rrset]),
    setAll: (zone, rrsets) => put(zoneNamed(zone), rrsets),
    addZone: (zone) => void zones.set(plainName(zone.name), makeZone(zone)),
    records: (zone) => (zone === undefined ? [...zones.values()] : [zoneNamed(zone)]).flatMap(copies),
    serial: (zone) => zoneNamed(zone).serial,
    queries: watch.queries,
    fault: watch.fault,
    clearFaults: watch.clearFaults,
    close: wire.close,
  };
}
