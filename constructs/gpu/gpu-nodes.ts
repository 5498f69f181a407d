import { type k8s } from 'cdk8s-plus-27';

/** Label that GPU feature discovery gives to nodes with NVIDIA GPUs. */
export const GPU_NODES: Readonly<Record<string, string>> = { 'nvidia.com/gpu.present': 'true' };

/** Nodes with GPUs are often tainted to keep other pods away. */
export const GPU_TOLERATION: k8s.Toleration = {
  key: 'nvidia.com/gpu',
  operator: 'Exists',
  effect: 'NoSchedule',
};
