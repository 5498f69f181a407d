import { type k8s } from 'cdk8s-plus-27';
import { refuse, type Subject } from '../private/checks';
import { requireKey, requireLabels, requireLabelValue } from '../private/metadata-rules';
import { requireLabel } from '../private/names';

export interface NodeTaint {
  readonly key: string;
  /** @default - any value of the key */
  readonly value?: string;
  /** @default - every effect of the key */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface NodePoolLabelledOptions {
  /**
   * Taints of the nodes.
   *
   * @default - none
   */
  readonly taints?: readonly NodeTaint[];
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The nodes that a workload runs on. */
export class NodePool {
  /** Label and taint of the nodes that are dedicated to a role: `modular-inference-stack/role=<role>`. */
  static readonly ROLE_KEY = 'modular-inference-stack/role';

  /**
   * Nodes set aside for a role: labelled and tainted (NoSchedule) with `modular-inference-stack/role=<role>`.
   *
   * @example
   * // kubectl label node n1 modular-inference-stack/role=inference
   * // kubectl taint node n1 modular-inference-stack/role=inference:NoSchedule
   * NodePool.dedicated('inference');
   */
  static dedicated(role: string): NodePool {
    requireLabel('NodePool.dedicated', 'role', role);
    const key = NodePool.ROLE_KEY;
    return new NodePool({ [key]: role }, [{ key, value: role, effect: 'NoSchedule' }]);
  }

  /** Nodes with all of these labels. */
  static labelled(labels: Readonly<Record<string, string>>, options: NodePoolLabelledOptions = {}): NodePool {
    const taints = options.taints ?? [];
    for (const taint of taints) requireTaint('NodePool.labelled', 'taints', taint);
    return new NodePool(requireLabels('NodePool.labelled', 'labels', labels), taints);
  }

  private constructor(
    readonly labels: Readonly<Record<string, string>>,
    readonly taints: readonly NodeTaint[],
  ) {}

  /** @internal */
  _tolerations(): k8s.Toleration[] {
    return tolerationsOf(this.taints);
  }
}

/** Tolerations of these taints. @internal */
export function toTolerations(subject: Subject, taints: readonly NodeTaint[]): k8s.Toleration[] {
  for (const taint of taints) requireTaint(subject, 'tolerations', taint);
  return tolerationsOf(taints);
}

function tolerationsOf(taints: readonly NodeTaint[]): k8s.Toleration[] {
  return taints.map(({ key, value, effect }) => ({
    key,
    operator: value === undefined ? 'Exists' : 'Equal',
    value,
    effect,
  }));
}

function requireTaint(subject: Subject, property: string, { key, value, effect }: NodeTaint): void {
  requireKey(subject, `${property}.key`, key);
  if (value !== undefined) requireLabelValue(subject, `${property}.value`, value);
  if (effect !== undefined && !EFFECTS.includes(effect))
    refuse(subject, `${property}.effect`, effect, EFFECTS.join(', '));
}
