import { type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';

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
 * Mode of the Vertical Pod Autoscaler, which must be in the cluster. Size one pod right before adding more: more pods do not
 * help when each is throttled or too small.
 */
export class VerticalScaling {
  /** Only recommends sizes (`kubectl describe vpa`). */
  static recommend(bounds: VerticalScalingBounds = {}): VerticalScaling {
    return new VerticalScaling('Off', bounds);
  }

  /** Sets the recommended size when a pod starts. Not together with autoscaling on CPU. */
  static atStart(bounds: VerticalScalingBounds = {}): VerticalScaling {
    return new VerticalScaling('Initial', bounds);
  }

  private constructor(
    /** @internal */
    readonly _mode: 'Off' | 'Initial',
    readonly bounds: VerticalScalingBounds,
  ) {}
}

/** @internal */
export function addVerticalScaling(
  scope: Construct,
  identity: Identity,
  kind: 'Deployment' | 'StatefulSet',
  containerName: string,
  { _mode, bounds }: VerticalScaling,
): void {
  const amounts = (cpu = bounds.minCpu, memory = bounds.minMemory) => ({
    ...(cpu && { cpu: cpu.amount }),
    ...(memory && { memory: `${memory.toMebibytes()}Mi` }),
  });
  const [minAllowed, maxAllowed] = [amounts(), amounts(bounds.maxCpu, bounds.maxMemory)];
  kubeObject(scope, 'VerticalScaling', {
    apiVersion: 'autoscaling.k8s.io/v1',
    kind: 'VerticalPodAutoscaler',
    metadata: { name: identity.name, labels: identity.labels },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind, name: identity.name },
      updatePolicy: { updateMode: _mode },
      resourcePolicy: {
        containerPolicies: [
          {
            containerName,
            controlledResources: ['cpu', 'memory'],
            controlledValues: 'RequestsAndLimits',
            ...(Object.keys(minAllowed).length > 0 && { minAllowed }),
            ...(Object.keys(maxAllowed).length > 0 && { maxAllowed }),
          },
        ],
      },
    },
  });
}
