import { type k8s } from 'cdk8s-plus-27';
import { refuse } from '../private/checks';
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

const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

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
    for (const key of Object.keys(labels)) {
      if (!LABEL_KEY.test(key)) refuse('NodePool.labelled', 'labels', key, 'keys such as example.com/pool');
    }
    return new NodePool(labels, options.taints ?? []);
  }

  private constructor(
    readonly labels: Readonly<Record<string, string>>,
    readonly taints: readonly NodeTaint[],
  ) {}

  /** @internal */
  _tolerations(): k8s.Toleration[] {
    return this.taints.map(({ key, value, effect }) => ({
      key,
      operator: value === undefined ? 'Exists' : 'Equal',
      value,
      effect,
    }));
  }
}
