import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { capacityOf, podRequest } from '../../../src/integrations/kubernetes/capacity.ts';

const GI = 2 ** 30;
const wants = (cpu: string, memory = '0', restartPolicy?: string) => ({
  name: `c-${cpu}`,
  resources: { requests: { cpu, memory } },
  ...(restartPolicy ? { restartPolicy } : {}),
});

describe('what one pod requests', () => {
  test('containers add up', () => {
    const spec = { containers: [wants('250m', '256Mi'), wants('0.5', '1.5Gi')] };
    expect(podRequest(spec)).toEqual({ cpu: 0.75, memoryBytes: 1.75 * GI });
  });

  test('a container without requests asks for nothing', () => {
    expect(podRequest({ containers: [{ name: 'free' }] })).toEqual({ cpu: 0, memoryBytes: 0 });
  });

  test('the largest init container counts where it exceeds the rest', () => {
    const spec = { containers: [wants('500m', '2Gi')], initContainers: [wants('2', '1Gi'), wants('1', '512Mi')] };
    expect(podRequest(spec)).toEqual({ cpu: 2, memoryBytes: 2 * GI });
  });

  test('sidecars run beside the containers, and beside the inits after them', () => {
    const sidecar = wants('300m', '1Gi', 'Always');
    expect(podRequest({ containers: [wants('1', '1Gi')], initContainers: [sidecar] })).toEqual({
      cpu: 1.3,
      memoryBytes: 2 * GI,
    });
    const lateInit = { containers: [wants('100m')], initContainers: [sidecar, wants('2')] };
    const earlyInit = { containers: [wants('100m')], initContainers: [wants('2'), sidecar] };
    expect(podRequest(lateInit).cpu).toBe(2.3);
    expect(podRequest(earlyInit).cpu).toBe(2);
  });

  test('overhead comes on top, and requests of the whole pod replace those of its containers', () => {
    const overhead = { cpu: '100m', memory: '64Mi' };
    expect(podRequest({ containers: [wants('1', '1Gi')], overhead })).toEqual({
      cpu: 1.1,
      memoryBytes: GI + 64 * 2 ** 20,
    });
    const whole = { containers: [wants('1', '1Gi')], resources: { requests: { cpu: '3' } } };
    expect(podRequest(whole)).toEqual({ cpu: 3, memoryBytes: GI });
  });
});

describe('free room', () => {
  const node = (name: string, more: Partial<V1Node> = {}): V1Node => ({
    metadata: { name },
    spec: {},
    status: {
      allocatable: { cpu: '4', memory: '16Gi', pods: '10' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
    ...more,
  });
  const pod = (nodeName: string | undefined, cpu: string, phase = 'Running'): V1Pod => ({
    spec: { containers: [wants(cpu, '1Gi')], ...(nodeName ? { nodeName } : {}) },
    status: { phase },
  });

  test('is allocatable minus what living pods request on that node', () => {
    const pods = [
      pod('a', '1'),
      pod('a', '0.1', 'Pending'),
      pod('a', '2', 'Succeeded'),
      pod('a', '2', 'Failed'),
      pod('b', '3'),
      pod(undefined, '2', 'Pending'),
    ];
    expect(capacityOf([node('a'), node('b')], pods)).toEqual({
      readyNodes: 2,
      nodes: 2,
      notReady: [],
      free: [
        { node: 'a', cpu: 2.9, memoryBytes: 14 * GI, pods: 8 },
        { node: 'b', cpu: 1, memoryBytes: 15 * GI, pods: 9 },
      ],
    });
  });

  test('nodes that are cordoned, not ready, or tainted count but offer nothing', () => {
    const nodes = [
      node('good'),
      node('cordoned', { spec: { unschedulable: true } }),
      node('down', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
      node('control-plane', {
        spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
      }),
      node('reluctant', { spec: { taints: [{ key: 'spot', effect: 'PreferNoSchedule' }] } }),
    ];
    const capacity = capacityOf(nodes, []);
    expect([capacity.readyNodes, capacity.nodes]).toEqual([2, 5]);
    expect(capacity.notReady).toEqual(['down']);
    expect(capacity.free.map((one) => one.node)).toEqual(['good', 'reluctant']);
  });

  test('an overcommitted node has nothing left, never less than nothing', () => {
    const full = capacityOf([node('a')], [pod('a', '3'), pod('a', '3')]);
    expect(full.free[0]).toMatchObject({ node: 'a', cpu: 0, pods: 8 });
  });
});
