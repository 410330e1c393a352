/** A server that stops itself: the lease that proves it must be there, be kept elsewhere, and say whose it is. */
import { type Check, type CheckTools, type Finding, type Loose, map, regionsOf, text } from './reading.ts';

const WRITE = 'lease: { kubernetes: { context: NAME, namespace: NAME, name: NAME } }';

/** `selfFence` alone could never be proven, and a lease alone says nothing of the server. */
export const selfFencePaired: Check = (file) =>
  regionsOf(file).data.flatMap(([name, region]) => {
    const fence = map(map(region['postgres'])['fence']);
    const path = ['regions', name, 'postgres', 'fence'];
    const [own, lease] = [fence['selfFence'], fence['lease']];
    if (own !== undefined && lease === undefined)
      return [
        {
          path: [...path, 'lease'],
          sentence: `is missing: only a lease that has run out proves that a server has stopped itself. Add ${WRITE}, or take selfFence out.`,
        },
      ];
    if (own === undefined && lease !== undefined)
      return [
        {
          path: [...path, 'selfFence'],
          sentence:
            'is missing: a lease that has run out proves nothing of a server that runs on without it. Add selfFence: 30s, within which it stops itself, or take the lease out.',
        },
      ];
    return [];
  });

/** A lease that is lost with its region is never read when it is needed. */
export const leasesOutside: Check = (file, tools) =>
  regionsOf(file).data.flatMap(([name, region]): Finding[] => {
    const lease = leaseOf(region);
    const at = ['regions', name, 'postgres', 'fence', 'lease', 'kubernetes'];
    const own = clusterOf(map(region['kubernetes']), ['regions', name, 'kubernetes'], tools);
    if (own === undefined || clusterOf(lease, at, tools) !== own) return [];
    const sentence = `leads to the cluster of ${name} itself, which is lost with the region. Keep the lease in another cluster, as that of the witness.`;
    return [{ path: [...at, 'context'], sentence }];
  });

/** One lease for several servers is held by one of them at a time: whose silence it proves, only the holder says. */
export const sharedLeasesHeld: Check = (file, tools) => {
  const known = regionsOf(file).data.flatMap(([name, region]) => {
    const lease = leaseOf(region);
    const path = ['regions', name, 'postgres', 'fence', 'lease'];
    const cluster = clusterOf(lease, [...path, 'kubernetes'], tools);
    const holder = text(map(map(map(region['postgres'])['fence'])['lease'])['holder']);
    const which = `${cluster}\n${text(lease['namespace'])}\n${text(lease['name'])}`;
    return cluster === undefined ? [] : [{ name, path: [...path, 'holder'], which, holder }];
  });
  return known.flatMap(({ name, path, which, holder }): Finding[] => {
    const twin = known.find((other) => other.name !== name && other.which === which);
    if (twin === undefined) return [];
    if (holder === undefined)
      return [
        { path, sentence: `is missing: ${twin.name} has the same lease. Name who holds it while ${name} is primary.` },
      ];
    return twin.holder === holder && twin.name < name
      ? [{ path, sentence: `"${holder}" is the holder of ${twin.name} as well. Each region has its own: correct one.` }]
      : [];
  });
};

const leaseOf = (region: Loose): Loose => map(map(map(map(region['postgres'])['fence'])['lease'])['kubernetes']);

/** What tells clusters apart: the context, and the kubeconfig where one is named. */
function clusterOf(written: Loose, path: string[], { absolute }: CheckTools): string | undefined {
  const context = text(written['context']);
  const kubeconfig = text(written['kubeconfig']);
  return context && `${context}\n${kubeconfig === undefined ? '' : absolute([...path, 'kubeconfig'], kubeconfig)}`;
}
