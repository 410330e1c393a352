/** The verbs of the API over the store: list, get, create, update, patch, delete, and the subresources. */
import { parse as parseYaml } from 'yaml';
import { prepared, validate, withDefaults } from './defaults.ts';
import { badRequest, Failure, invalid, methodNotAllowed, notFound, success } from './failures.ts';
import { listOf } from './lists.ts';
import { randomSuffix } from './names.ts';
import { applyConfiguration, jsonPatch, mergePatch, strategicMerge } from './patch.ts';
import { APPLY, type Call, JSON_PATCH, jsonBody, MERGE, patchBody, patchTypeOf, type Target } from './requests.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { replicasOf, type Scale, scaleOf } from './scale.ts';
import { type Draft, type Store, timestamp } from './store.ts';
import type { KubeObject, Pod, Workload } from './types.ts';
import { validateContents } from './validation.ts';

export type Reply = { status: number; body: unknown };

export type ApiOptions = {
  store: Store;
  now: () => number;
  /** What `kubectl logs` of this pod prints, or undefined when no kubelet can be asked. */
  log: (pod: Pod) => Promise<string | undefined>;
  /** What each container of a pod uses: undefined before it is measured, null where the cluster measures nothing at all. */
  measure?: Measure | undefined;
};
/** As the metrics API words it: `120m`, `64Mi`. */
export type Measured = { cpu: string; memory: string };
export type Measure = (pod: Pod) => Measured | undefined | null;

type Fields = { [key: string]: unknown };

export function createApi({ store, now, log, measure }: ApiOptions) {
  /** Server-side apply: what each manager applied last, by object and manager. */
  const applied = new Map<string, unknown>();

  async function handle(target: Target, call: Call): Promise<Reply> {
    if (target.resource.group === 'metrics.k8s.io') return measured(target);
    if (target.sub !== undefined) return subresource(target, call);
    if (target.verb === 'list') return { status: 200, body: listOf(store, target, call.query) };
    if (target.verb === 'create') return { status: 201, body: create(target, call) };
    if (target.verb === 'get') return { status: 200, body: existing(target) };
    if (target.verb === 'update') return { status: 200, body: replace(target, call) };
    if (target.verb === 'patch') return patch(target, call);
    return { status: 200, body: remove(target, call) };
  }

  /** Only the list of a namespace; of a pod that was not measured yet there is no item. */
  function measured({ resource, verb, namespace }: Target): Reply {
    const pods = store.list('pods', namespace) as Pod[];
    const found = pods.map((pod) => measure?.(pod));
    if (measure === undefined || resource.plural !== 'pods' || verb !== 'list' || found.includes(null))
      return { status: 404, body: '404 page not found\n' };
    const body = {
      kind: 'PodMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: pods.flatMap(({ metadata: { name, labels }, spec }, index) => {
        const usage = found[index];
        const containers = spec.containers.map((one) => ({ name: one.name, usage }));
        const at = new Date(now()).toISOString();
        return usage ? [{ metadata: { name, namespace, labels }, timestamp: at, window: '15s', containers }] : [];
      }),
    };
    return { status: 200, body };
  }

  function existing({ resource, namespace, name = '' }: Target): KubeObject {
    const found = store.get(resource.plural, namespace, name);
    if (!found) throw notFound(resource, name);
    return found;
  }

  function create(target: Target, call: Call): KubeObject {
    return createObject(target, jsonBody(call) as Draft, dryRun(call));
  }

  function createObject({ resource, namespace }: Target, sent: Draft, dry: boolean): KubeObject {
    const object = checkedKind(resource, sent);
    const generated = object.metadata.generateName ? `${object.metadata.generateName}${randomSuffix()}` : undefined;
    const name = object.metadata.name ?? generated;
    if (!name) {
      const message = 'Required value: name or generateName is required';
      throw invalid(resource.kind, resource.group, '', [
        { reason: 'FieldValueRequired', message, field: 'metadata.name' },
      ]);
    }
    if (namespace !== undefined && !store.get('namespaces', undefined, namespace)) {
      throw notFound({ ...resource, group: '', plural: 'namespaces' }, namespace);
    }
    const metadata = { ...object.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
    const draft = prepared(resource, { ...object, metadata });
    validate(resource, draft);
    validateContents(resource, draft);
    return store.create(resource.plural, draft, dry);
  }

  function replace(target: Target, call: Call): KubeObject {
    const { resource, name = '' } = target;
    const sent = checkedKind(resource, jsonBody(call) as Draft);
    if (sent.metadata.name !== name) throw wrongName(sent, name);
    if (resource.mustNameVersion && !sent.metadata.resourceVersion) {
      const message = 'Invalid value: 0x0: must be specified for an update';
      const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' };
      throw invalid(resource.kind, resource.group, name, [cause]);
    }
    return write(target, call, sent.metadata.resourceVersion, () => sent);
  }

  /** Stores what `next` makes of the object; the status belongs to the controllers and stays. */
  function write(
    { resource, namespace, name = '' }: Target,
    call: Call,
    expected: string | undefined,
    next: (before: KubeObject) => Draft,
  ): KubeObject {
    return store.update(
      resource.plural,
      namespace,
      name,
      (draft) => {
        const status = draft['status'];
        const after = withDefaults(resource, next(draft));
        validate(resource, after);
        validateContents(resource, after, draft);
        for (const key of Object.keys(draft)) delete (draft as Fields)[key];
        Object.assign(draft, after, status === undefined ? {} : { status });
      },
      { expected, dryRun: dryRun(call) },
    );
  }

  function patch(target: Target, call: Call): Reply {
    const type = patchTypeOf(call);
    if (type === APPLY) return apply(target, call);
    const before = existing(target);
    const after = patched(type, before, patchBody(call)) as Draft;
    const body = write(target, call, after.metadata.resourceVersion, () => after);
    return { status: 200, body };
  }

  function apply(target: Target, call: Call): Reply {
    const manager = call.query.get('fieldManager');
    if (!manager) {
      const message = 'Required value: is required for apply patch';
      const cause = { reason: 'FieldValueRequired', message, field: 'fieldManager' };
      throw invalid('PatchOptions', 'meta.k8s.io', '', [cause]);
    }
    const { resource, namespace, name = '' } = target;
    const config = checkedKind(resource, parseYaml(call.body) as Draft);
    if (config.metadata.name !== undefined && config.metadata.name !== name) throw wrongName(config, name);
    const key = `${resource.plural}/${namespace}/${name}/${manager}`;
    const known = store.get(resource.plural, namespace, name);
    const reply: Reply = known
      ? {
          status: 200,
          body: write(target, call, undefined, (draft) => applyConfiguration(draft, applied.get(key), config) as Draft),
        }
      : {
          status: 201,
          body: createObject(target, { ...config, metadata: { ...config.metadata, name } }, dryRun(call)),
        };
    if (!dryRun(call)) applied.set(key, config);
    return reply;
  }

  function remove(target: Target, call: Call): unknown {
    const { resource, namespace, name = '' } = target;
    const object = existing(target);
    if (resource.plural === 'namespaces') throw methodNotAllowed();
    if (resource.graceful) return deletePod(object as Pod, dryRun(call));
    if (!dryRun(call)) store.remove(resource.plural, namespace, name);
    const group = resource.group ? { group: resource.group } : {};
    return success({ details: { name, ...group, kind: resource.plural, uid: object.metadata.uid } });
  }

  function deletePod(pod: Pod, dry = false): KubeObject {
    if (pod.metadata.deletionTimestamp) return pod;
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    if (!pod.spec.nodeName && !dry) return store.remove('pods', pod.metadata.namespace, pod.metadata.name) ?? pod;
    return store.update(
      'pods',
      pod.metadata.namespace,
      pod.metadata.name,
      (draft) => {
        draft.metadata.deletionTimestamp = timestamp(now() + grace * 1000);
        draft.metadata.deletionGracePeriodSeconds = grace;
      },
      { dryRun: dry },
    );
  }

  async function subresource(target: Target, call: Call): Promise<Reply> {
    const { resource, sub, verb } = target;
    if (sub === 'scale' && resource.scale) return { status: 200, body: scale(target, call) };
    if (resource.plural === 'pods' && sub === 'eviction' && verb === 'create') {
      deletePod(existing(target) as Pod, dryRun(call));
      return { status: 201, body: success({ code: 201 }) };
    }
    if (resource.plural === 'pods' && sub === 'log' && verb === 'get')
      return podLog(existing(target) as Pod, call.query);
    throw new Failure(404, 'NotFound', 'the server could not find the requested resource', {});
  }

  function scale(target: Target, call: Call): Scale {
    const { resource, namespace, name = '', verb } = target;
    const found = store.get(resource.plural, namespace, name);
    if (!found) throw notFound(resource, name, 'scale');
    if (verb === 'get') return scaleOf(found);
    if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed();
    const before = scaleOf(found);
    const after = (verb === 'update' ? jsonBody(call) : patched(patchTypeOf(call), before, patchBody(call))) as Scale;
    if (after.metadata?.name !== name) throw wrongName(after, name);
    const replicas = replicasOf(after, verb === 'patch');
    const updated = store.update<Workload>(
      resource.plural,
      namespace,
      name,
      (draft) => {
        draft.spec.replicas = replicas;
      },
      { expected: after.metadata.resourceVersion, dryRun: dryRun(call) },
    );
    return scaleOf(updated);
  }

  async function podLog(pod: Pod, query: URLSearchParams): Promise<Reply> {
    const { namespace, name } = pod.metadata;
    const names = pod.spec.containers.map((container) => container.name);
    const container = query.get('container');
    if (container === null && names.length > 1)
      throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
    if (container !== null && !names.includes(container))
      throw badRequest(`container ${container} is not valid for pod ${name}`);
    const text = await log(pod);
    if (text !== undefined) return { status: 200, body: endOf(text, query) };
    const kubelet = `${pod.status.hostIP ?? '127.0.0.1'}:10250`;
    const url = `https://${kubelet}/containerLogs/${namespace}/${name}/${pod.spec.containers[0]?.name}`;
    throw new Failure(500, undefined, `Get "${url}": dial tcp ${kubelet}: connect: connection refused`);
  }

  return { handle, deletePod };
}

/** `tailLines` first, then the first `limitBytes` of what is left, as the kubelet does it. */
function endOf(text: string, query: URLSearchParams): string {
  const [lines, bytes] = [query.get('tailLines'), query.get('limitBytes')];
  const all = text.split(/(?<=\n)/);
  const tail = lines === null ? text : all.slice(Math.max(0, all.length - Number(lines))).join('');
  return bytes === null ? tail : Buffer.from(tail).subarray(0, Number(bytes)).toString();
}

const dryRun = ({ query }: Call): boolean => query.get('dryRun') === 'All';

function patched(type: string, before: unknown, body: unknown): unknown {
  if (type === JSON_PATCH) return jsonPatch(before, body);
  return type === MERGE ? mergePatch(before, body) : strategicMerge(before, body);
}

const wrongName = (sent: Draft | Scale, name: string): Failure =>
  badRequest(`the name of the object (${sent.metadata?.name}) does not match the name on the URL (${name})`);

function checkedKind(resource: Resource, sent: Draft): Draft {
  const [apiVersion, kind] = [sent?.apiVersion ?? apiVersionOf(resource), sent?.kind ?? resource.kind];
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    throw badRequest(`${kind} in version "${apiVersion}" cannot be handled as a ${resource.kind}`);
  }
  return { ...sent, apiVersion, kind, metadata: sent?.metadata ?? {} };
}
