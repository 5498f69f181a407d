import { type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';

export interface VerticalScalingBounds {
  /** @default - no lower bound */
  readonly minCpu?: Cpu;
  /** @default - no upper bound */
  readonly maxCpu?: Cpu;
  /** @default - no lower bound */
  readonly minMemory?: Size;
  /** @default - no upper bound */
  readonly maxMemory?: Size;
}

/**
 * What the Vertical Pod Autoscaler does with a workload; it must be in the cluster. Size one pod right before there are more of
 * them: a pod that is throttled or too small only multiplies.
 */
export class VerticalScaling {
  /** Recommends sizes (`kubectl describe vpa`) and changes nothing. */
  static recommend(bounds: VerticalScalingBounds = {}): VerticalScaling {
    return new VerticalScaling('Off', bounds);
  }

  /** Sets the recommended size when a pod starts; running pods are left alone. Not together with autoscaling on CPU. */
  static atStart(bounds: VerticalScalingBounds = {}): VerticalScaling {
    return new VerticalScaling('Initial', bounds);
  }

  private constructor(
    /** @internal */
    readonly _mode: 'Off' | 'Initial',
    readonly bounds: VerticalScalingBounds,
  ) {}
}
