/** Images as two regions name them: which differences count, and how one is said in a few words. */

type Parts = { repository: string; tag: string | null; digest: string | null };

const SHORT_DIGEST = 'sha256:'.length + 12;

/** Each region pulls from a registry near it: its own name in the registry's host is no difference. */
export function regionless(image: string, names: string[]): string {
  const [host, ...path] = image.split('/');
  // Without a dot or a port the first part is no host but a name at the default registry.
  if (host === undefined || path.length === 0 || !/[.:]/.test(host)) return image;
  const labels = host.split('.').map((label) => {
    const name = names.find((one) => label === one || label.startsWith(`${one}-`));
    return name === undefined ? label : `{region}${label.slice(name.length)}`;
  });
  return [labels.join('.'), ...path].join('/');
}

/** What two differing images are called beside each other: their tags where that says it, else as much as is needed. */
export function toldApart(one: string, other: string, sameRepository: boolean): [string, string] {
  const [a, b] = [partsOf(one), partsOf(other)];
  if (!sameRepository) return [shortened(one), shortened(other)];
  if (a.tag !== b.tag) return [a.tag ?? versionOf(a), b.tag ?? versionOf(b)];
  return [versionOf(a), versionOf(b)];
}

export const repositoryOf = (image: string): string => partsOf(image).repository;

function partsOf(image: string): Parts {
  const [, repository = image, tag = null, digest = null] = /^(.*?)(?::([^:/@]+))?(?:@(.+))?$/.exec(image) ?? [];
  return { repository, tag, digest };
}

const versionOf = ({ tag, digest }: Parts): string => digest?.slice(0, SHORT_DIGEST) ?? tag ?? 'no tag';
const shortened = (image: string): string => {
  const { digest } = partsOf(image);
  return digest === null ? image : image.slice(0, image.length - digest.length + SHORT_DIGEST);
};
