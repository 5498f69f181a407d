import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { requireObjectName } from '../private/names';
import { type NodePool } from './node-pool';

/** Processor of the nodes. */
export enum CpuArchitecture {
  AMD64 = 'amd64',
  ARM64 = 'arm64',
}

/** On which nodes the pods of a workload run, and their priority. */
export interface Placement {
  /**
   * Nodes of a role or with labels.
   *
   * @default - any node
   */
  readonly nodes?: NodePool;
  /**
   * Processor that the image is for.
   *
   * @default - any: the image is built for amd64 and arm64
   */
  readonly architecture?: CpuArchitecture;
  /**
   * Name of a PriorityClass.
   *
   * @default - the cluster's default
   */
  readonly priorityClass?: string;
}

/** @internal */
export function toPlacement(
  subject: Construct,
  { nodes, architecture, priorityClass }: Placement,
): Pick<k8s.PodSpec, 'nodeSelector' | 'tolerations' | 'priorityClassName'> {
  if (priorityClass !== undefined) requireObjectName(subject, 'priorityClass', priorityClass);
  const selector = {
    ...nodes?.labels,
    ...(architecture === undefined ? {} : { 'kubernetes.io/arch': architecture }),
  };
  const tolerations = nodes?._tolerations() ?? [];
  return {
    nodeSelector: Object.keys(selector).length > 0 ? selector : undefined,
    tolerations: tolerations.length > 0 ? tolerations : undefined,
    priorityClassName: priorityClass,
  };
}

/** Spreads the pods of a workload over zones and nodes where that is possible. @internal */
export function toSpread(selector: Record<string, string>): k8s.TopologySpreadConstraint[] {
  const spread = (topologyKey: string): k8s.TopologySpreadConstraint => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
    // Without this, tainted nodes that the pods cannot use would count as empty.
    nodeTaintsPolicy: 'Honor',
  });
  return [spread('topology.kubernetes.io/zone'), spread('kubernetes.io/hostname')];
}

/** At most one pod of the workload on a node. A spread constraint cannot say that: it compares nodes. @internal */
export function toAntiAffinity(selector: Record<string, string>): k8s.Affinity {
  const other = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selector } };
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [other] } };
}
