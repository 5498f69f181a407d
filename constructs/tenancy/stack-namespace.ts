import { type Size } from 'cdk8s';
import { type Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { GpuSharing } from '../gpu/gpu-sharing';
import { refuse, requireInstance, requireInteger } from '../private/checks';
import { adoptObjects, kubeObject } from '../private/kube-object';
import { requireLabel } from '../private/names';
import { declareNamespace } from '../private/namespaces';
import { sizeQuantity } from '../private/volumes';

/** Pod Security level of a namespace. */
export enum PodSecurity {
  /** For workloads: no host access, no root, no added capabilities. */
  RESTRICTED = 'restricted',
  /** For pods with access to their node: node-exporter, DCGM exporter, device plugin. */
  PRIVILEGED = 'privileged',
}

export interface NamespaceQuota {
  /** CPUs of all pods together. */
  readonly cpu: Cpu;
  /** Memory of all pods together. */
  readonly memory: Size;
  /** @default - any number */
  readonly pods?: number;
  /** GPUs of all pods together. @default - any number */
  readonly gpus?: number;
  /** Shares and slices of GPUs of all pods together. @default - any number */
  readonly gpuShares?: readonly { readonly sharing: GpuSharing; readonly count: number }[];
}

export interface StackNamespaceProps {
  /**
   * Name of the namespace.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Pod Security level of its pods.
   *
   * @default PodSecurity.RESTRICTED
   */
  readonly podSecurity?: PodSecurity;
  /**
   * Limits over all of its pods.
   *
   * @default - none
   */
  readonly quota?: NamespaceQuota;
}

export interface ExistingNamespaceProps {
  /**
   * Name of the namespace.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Pod Security level that the namespace allows.
   *
   * @default PodSecurity.RESTRICTED
   */
  readonly podSecurity?: PodSecurity;
}

/**
 * A namespace with its Pod Security level and a default-deny NetworkPolicy: connections need a workload's NetworkPolicy.
 * Constructs below it are in it, and so are your own objects that name no namespace.
 *
 * @example
 * const ml = new StackNamespace(chart, 'ml', { quota: { cpu: Cpu.units(32), memory: Size.gibibytes(64) } });
 * new InferenceServer(ml, 'fall', { pipelines: [fallDetection], repository });
 */
export class StackNamespace extends Construct {
  /**
   * A namespace that exists already: nothing is created for it. Workloads below it still get their NetworkPolicies.
   *
   * @example
   * const ml = StackNamespace.existing(chart, 'ml');
   */
  static existing(scope: Construct, id: string, props: ExistingNamespaceProps = {}): StackNamespace {
    return new StackNamespace(scope, id, { ...props, _exists: true } as StackNamespaceProps);
  }

  readonly name: string;
  readonly podSecurity: PodSecurity;

  constructor(scope: Construct, id: string, props: StackNamespaceProps = {}) {
    super(scope, id);
    this.name = requireLabel(this, 'name', props.name ?? id);
    this.podSecurity = props.podSecurity ?? PodSecurity.RESTRICTED;
    if (!Object.values(PodSecurity).includes(this.podSecurity)) {
      refuse(this, 'podSecurity', this.podSecurity, Object.values(PodSecurity).join(' or '));
    }
    declareNamespace(this, { name: this.name, privileged: this.podSecurity === PodSecurity.PRIVILEGED });
    // Not before synth: the objects are made after this constructor, and cdk8s would leave them without a namespace.
    this.node.addValidation({
      validate: () => {
        adoptObjects(this, this.name);
        return [];
      },
    });
    if ('_exists' in props) return;
    kubeObject(
      this,
      'Resource',
      k8s.KubeNamespace.manifest({ metadata: { name: this.name, labels: this.toLabels() } }),
      {
        clusterScoped: true,
      },
    );
    kubeObject(
      this,
      'DefaultDeny',
      k8s.KubeNetworkPolicy.manifest({
        metadata: { name: 'default-deny' },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      }),
    );
    if (props.quota) this.addQuota(props.quota);
  }

  private toLabels(): Record<string, string> {
    const labels: Record<string, string> = { 'app.kubernetes.io/part-of': 'modular-inference-stack' };
    for (const mode of ['enforce', 'audit', 'warn']) {
      labels[`pod-security.kubernetes.io/${mode}`] = this.podSecurity;
      labels[`pod-security.kubernetes.io/${mode}-version`] = 'v1.27';
    }
    return labels;
  }

  private addQuota({ cpu, memory, pods, gpus, gpuShares = [] }: NamespaceQuota): void {
    const hard: Record<string, k8s.Quantity> = {};
    for (const kind of ['requests', 'limits']) {
      hard[`${kind}.cpu`] = k8s.Quantity.fromString(cpu.amount);
      hard[`${kind}.memory`] = sizeQuantity(memory);
    }
    if (pods !== undefined) hard.pods = k8s.Quantity.fromNumber(requireInteger(this, 'quota.pods', pods, 1));
    if (gpus !== undefined) {
      hard['requests.nvidia.com/gpu'] = k8s.Quantity.fromNumber(requireInteger(this, 'quota.gpus', gpus, 0));
    }
    for (const { sharing, count } of gpuShares) {
      const example = 'GpuSharing.timeSlicing({ replicas: 4 })';
      const { resource } = requireInstance(this, 'quota.gpuShares', sharing, GpuSharing, example);
      hard[`requests.${resource}`] = k8s.Quantity.fromNumber(
        requireInteger(this, 'quota.gpuShares', count, 0),
      );
    }
    kubeObject(
      this,
      'Quota',
      k8s.KubeResourceQuota.manifest({ metadata: { name: 'quota' }, spec: { hard } }),
    );
  }
}
