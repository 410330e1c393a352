/**
 * The stand-in kubelet: starts what a pod stands for through the hooks, asks it whether it is ready, and removes
 * the pod only after it has really stopped. One runner per pod, whatever its node.
 */
import { timestamp } from '../store.ts';
import type { Condition, Hooks, Node, Pod, PodHandle } from '../types.ts';
import type { Context } from './context.ts';
import { kubeletEvent } from './events.ts';

/** Probes are real work, so a fast pace neither shortens their time limit nor lets them follow each other at once. */
const PROBE_TIMEOUT_MS = 3000;
const PROBE_FLOOR_MS = 50;

type Runner = {
  handle: PodHandle | undefined;
  over: boolean;
  /** Ends the wait the runner is in. One at a time: a promise raced again and again would keep every race alive. */
  wake: () => void;
  done: Promise<void>;
};

export type Kubelet = {
  log(pod: Pod): Promise<string | undefined>;
  /** Stops everything that runs, and resolves when it has stopped. */
  close(): Promise<void>;
};

export function runKubelet(context: Context, hooks: Hooks): Kubelet {
  const { store, timers, delays } = context;
  const runners = new Map<string, Runner>();
  const addresses = new Map<string, number>();

  store.onChange(({ type, resource, object }) => {
    if (resource.plural !== 'pods') return;
    const pod = object as Pod;
    const { uid, deletionTimestamp } = pod.metadata;
    if (type === 'DELETED' || deletionTimestamp) end(runners.get(uid));
    else if (pod.spec.nodeName && !runners.has(uid) && !timers.closed) begin(pod);
  });

  function begin(pod: Pod): void {
    const runner: Runner = { handle: undefined, over: false, wake: () => {}, done: Promise.resolve() };
    runners.set(pod.metadata.uid, runner);
    runner.done = live(pod, runner).finally(() => runners.delete(pod.metadata.uid));
  }

  function end(runner: Runner | undefined): void {
    if (!runner) return;
    runner.over = true;
    runner.wake();
  }

  /** The first of them, or undefined as soon as the pod is to end. */
  const first = <T>(runner: Runner, ...waits: Promise<T>[]): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      if (runner.over) return resolve(undefined);
      runner.wake = () => resolve(undefined);
      for (const wait of waits) wait.then(resolve, reject);
    });

  async function live(pod: Pod, runner: Runner): Promise<void> {
    const host = pod.spec.nodeName ?? '';
    const warn = (reason: string, message: string) =>
      kubeletEvent(context, pod, { type: 'Warning', reason, message, host });
    while (!runner.over && !runner.handle) {
      try {
        runner.handle = await hooks.startPod(store.get<Pod>('pods', pod.metadata.namespace, pod.metadata.name) ?? pod);
      } catch (error) {
        warn('Failed', `Error: failed to start container: ${(error as Error).message}`);
        change(pod, (draft) => waitingStatus(draft, 'CrashLoopBackOff', (error as Error).message));
        await first(runner, timers.sleep(delays.retryMs));
      }
    }
    const startedAt = timestamp(context.now());
    let failures = 0;
    while (!runner.over && runner.handle) {
      const late = timers.sleep(0, PROBE_TIMEOUT_MS).then(() => false);
      const asked = runner.handle.ready().catch(() => false);
      const ready = await first(runner, asked, late);
      if (ready === undefined) break;
      failures = ready ? 0 : failures + 1;
      if (failures === 3) warn('Unhealthy', 'Readiness probe failed: the endpoint does not answer');
      change(pod, (draft) => runningStatus(draft, ready, startedAt));
      await first(runner, timers.sleep(delays.probeMs, PROBE_FLOOR_MS));
    }
    await stopped(runner, warn);
    store.remove('pods', pod.metadata.namespace, pod.metadata.name);
  }

  /** Asks to stop until it has: a pod whose process lives on does not disappear. */
  async function stopped(runner: Runner, warn: (reason: string, message: string) => void): Promise<void> {
    for (let tries = 0; runner.handle && (tries === 0 || !timers.closed); tries += 1) {
      try {
        await runner.handle.stop();
        return;
      } catch (error) {
        warn('FailedKillPod', `error killing pod: ${(error as Error).message}`);
        await timers.sleep(delays.retryMs);
      }
    }
  }

  function change(pod: Pod, edit: (draft: Pod) => void): void {
    const now = store.get<Pod>('pods', pod.metadata.namespace, pod.metadata.name);
    if (now?.metadata.uid === pod.metadata.uid) {
      store.update<Pod>('pods', pod.metadata.namespace, pod.metadata.name, edit);
    }
  }

  function runningStatus(draft: Pod, ready: boolean, startedAt: string): void {
    const at = timestamp(context.now());
    const previous = new Map((draft.status.conditions ?? []).map((one) => [one.type, one]));
    const condition = (type: string, holds: boolean): Condition => {
      const status = holds ? 'True' : 'False';
      const before = previous.get(type);
      if (before?.status === status) return before;
      const why = holds ? {} : { reason: 'ContainersNotReady', message: `containers with unready status` };
      return { type, status, lastProbeTime: null, lastTransitionTime: at, ...why };
    };
    const node = store.get<Node>('nodes', undefined, draft.spec.nodeName ?? '');
    const podIP = draft.status.podIP ?? nextAddress(draft.spec.nodeName ?? '');
    draft.status = {
      phase: 'Running',
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      hostIP: node?.status.addresses.find((one) => one.type === 'InternalIP')?.address ?? '127.0.0.1',
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: draft.status.startTime ?? startedAt,
      containerStatuses: draft.spec.containers.map(({ name, image }) => ({
        name,
        state: { running: { startedAt } },
        lastState: {},
        ready,
        restartCount: 0,
        image,
        imageID: `fake://${image}`,
        containerID: `fake://${draft.metadata.uid}-${name}`,
        started: true,
      })),
      ...(draft.status.qosClass ? { qosClass: draft.status.qosClass } : {}),
    };
  }

  function nextAddress(node: string): string {
    const index = store.list('nodes').findIndex((one) => one.metadata.name === node);
    const host = (addresses.get(node) ?? 1) + 1;
    addresses.set(node, host);
    return `10.244.${Math.max(0, index)}.${((host - 1) % 253) + 1}`;
  }

  return {
    log: async (pod) => runners.get(pod.metadata.uid)?.handle?.log?.(),
    async close() {
      const all = [...runners.values()];
      for (const runner of all) end(runner);
      await Promise.all(all.map((runner) => runner.done));
    },
  };
}

function waitingStatus(draft: Pod, reason: string, message: string): void {
  draft.status.containerStatuses = draft.spec.containers.map(({ name, image }) => ({
    name,
    state: { waiting: { reason, message } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image,
    imageID: '',
    started: false,
  }));
}
