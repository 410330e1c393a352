import { regionless, repositoryOf, toldApart } from '../lib/image-names.ts';
import { done, notDone } from '../ports/answer.ts';
import type { ClusterConfiguration } from '../ports/cluster.ts';
import { defineCheck } from './step.ts';

/** A card's worth of differences. */
const MOST = 5;

/** One region's side of the comparison; `names` are what the region is called in host names. */
type Side = { region: string; names: string[]; has: ClusterConfiguration };

/**
 * Whether the target would run and be configured as the source is. What was changed in one region only shows after the
 * switch, at the worst time. Digests are compared and forgotten: neither evidence nor words carry one.
 */
export const configParity = defineCheck({
  id: 'config-parity',
  title: 'See that {source} and {target} are configured alike',
  about: {
    does: 'Compares what the two clusters run: a change that was made in one region only would show after the switch, at the worst time. It may be skipped with a reason.',
    asks: 'Asks both clusters for the images of every service that is moved, and for the ConfigMaps and Secrets of the namespace. Names and contents must be the same; contents are compared by their hash and never shown. What `rules.mayDiffer` names is left out, and so is what each cluster makes for itself. Done when nothing else differs.',
    whenItStops: [
      '“image of …”: deploy the same version to both regions, then press Retry.',
      '“only in …” or “… differs”: compare it with `kubectl get configmap NAME -o yaml` in both contexts and bring the regions level, then press Retry. A difference does not go away by waiting.',
      'It is meant to differ: skip this with that as the reason, and add `configmap/NAME`, `secret/NAME` or `image/DEPLOYMENT` to `rules.mayDiffer` for the next time.',
      '“refused to list …”: Regent lacks that right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 60_000,
  uses: ['cluster'],
  proves: false,
  async check({ cluster, source, target, values, system, signal }) {
    const moved = values.deployments.map(({ name }) => name);
    const sideOf = async (region: string): Promise<Side> => ({
      region,
      names: [region, system.regions[region]?.alias ?? region],
      has: await cluster.configuration(region, moved, signal),
    });
    const [from, to] = await Promise.all([sideOf(source), sideOf(target)]);
    const leftOut = new Set<string>();
    const compared = (of: keyof ClusterConfiguration, prefix: string): string[] => {
      const names = [...new Set([from, to].flatMap(({ has }) => Object.keys(has[of])))].sort();
      return names.filter((name) => {
        const exempt = system.mayDiffer.includes(`${prefix}/${name}`);
        if (exempt) leftOut.add(`${prefix}/${name}`);
        return !exempt;
      });
    };
    const [deployments, configMaps, secrets] = [
      compared('images', 'image'),
      compared('configMaps', 'configmap'),
      compared('secrets', 'secret'),
    ];
    const differences = [
      ...deployments.flatMap((name) => onlyIn('Deployment', name, 'images', from, to) ?? imagesOf(name, from, to)),
      ...configMaps.flatMap((name) => contentsOf('ConfigMap', name, 'configMaps', from, to)),
      ...secrets.flatMap((name) => contentsOf('Secret', name, 'secrets', from, to)),
    ];
    const more = differences.length - MOST;
    const trouble = [...differences.slice(0, MOST), ...(more > 0 ? [`… and ${more} more`] : [])];
    const evidence = {
      deployments: deployments.length,
      configMaps: configMaps.length,
      secrets: secrets.length,
      leftOut: [...leftOut],
      differences: differences.length,
      trouble,
    };
    if (differences.length > 0) return { ...notDone(trouble.join('; '), evidence), final: true };
    const same = `the same in both: images of ${counted(deployments, 'deployment')}, ${counted(configMaps, 'ConfigMap')}, ${counted(secrets, 'Secret')}`;
    return done(evidence, leftOut.size === 0 ? same : `${same}; left out: ${[...leftOut].join(', ')}`);
  },
});

const counted = ({ length }: string[], what: string): string => `${length} ${what}${length === 1 ? '' : 's'}`;

/** What only one of them has; null where both do. */
function onlyIn(kind: string, name: string, of: keyof ClusterConfiguration, from: Side, to: Side): string[] | null {
  if (name in from.has[of] && name in to.has[of]) return null;
  return [`${kind} ${name} only in ${name in from.has[of] ? from.region : to.region}`];
}

const contentsOf = (kind: string, name: string, of: 'configMaps' | 'secrets', from: Side, to: Side): string[] =>
  onlyIn(kind, name, of, from, to) ?? (from.has[of][name] === to.has[of][name] ? [] : [`${kind} ${name} differs`]);

/** Container by container; the deployment's name is enough where it has only one. */
function imagesOf(deployment: string, from: Side, to: Side): string[] {
  const [mine, theirs] = [from, to].map(({ has }) => containersOf(has.images[deployment] ?? [])) as [
    Map<string, string>,
    Map<string, string>,
  ];
  const names = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  return names.flatMap((name) => {
    const [one, other] = [mine.get(name), theirs.get(name)];
    if (one === undefined || other === undefined)
      return [`container ${name} of ${deployment} only in ${one === undefined ? to.region : from.region}`];
    const [a, b] = [regionless(one, from.names), regionless(other, to.names)];
    if (a === b) return [];
    const [before, after] = toldApart(one, other, repositoryOf(a) === repositoryOf(b));
    const what = names.length === 1 ? deployment : `${deployment} (${name})`;
    return [`image of ${what}: ${before} in ${from.region}, ${after} in ${to.region}`];
  });
}

/** Out of `container=image`: an image may hold no `=`, a container's name neither. */
const containersOf = (images: string[]): Map<string, string> =>
  new Map(images.map((one): [string, string] => [one.split('=', 1)[0]!, one.slice(one.indexOf('=') + 1)]));
