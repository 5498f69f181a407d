import { requireInteger } from '../private/checks';
import { requireCidr } from '../private/cidr';
import { requireAnnotations, requireKey } from '../private/metadata-rules';

export interface LoadBalancerExposureOptions {
  /**
   * Annotations for the cloud's load balancer.
   *
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Networks that may connect, in CIDR notation.
   *
   * @default - any
   */
  readonly sourceRanges?: readonly string[];
  /**
   * Whether servers see the clients' addresses. Only nodes with a pod then accept connections (`externalTrafficPolicy: Local`).
   *
   * @default false
   */
  readonly keepClientAddress?: boolean;
  /**
   * Class of the load balancer, where the cluster has several implementations, e.g. `service.k8s.aws/nlb`.
   *
   * @default - the cluster's default
   */
  readonly loadBalancerClass?: string;
}

export interface NodePortExposureOptions {
  /**
   * Whether servers see the clients' addresses. Only nodes with a pod then accept connections (`externalTrafficPolicy: Local`).
   *
   * @default false
   */
  readonly keepClientAddress?: boolean;
}

/** From where a Service can be reached. */
export class Exposure {
  /** Pods of the cluster. */
  static cluster(): Exposure {
    return new Exposure('ClusterIP');
  }

  /** Also clients that reach a node, at `port` (30000–32767) or at one that the cluster chooses. */
  static nodePort(port?: number, { keepClientAddress = false }: NodePortExposureOptions = {}): Exposure {
    if (port !== undefined) requireInteger('Exposure.nodePort', 'port', port, 30000, 32767);
    return new Exposure('NodePort', port, {}, [], keepClientAddress);
  }

  /** A load balancer of the cloud. It balances connections, not streams. */
  static loadBalancer(options: LoadBalancerExposureOptions = {}): Exposure {
    const { annotations = {}, sourceRanges = [], keepClientAddress = false, loadBalancerClass } = options;
    requireAnnotations('Exposure.loadBalancer', 'annotations', annotations);
    for (const range of sourceRanges) requireCidr('Exposure.loadBalancer', 'sourceRanges', range);
    if (loadBalancerClass !== undefined)
      requireKey('Exposure.loadBalancer', 'loadBalancerClass', loadBalancerClass);
    return new Exposure(
      'LoadBalancer',
      undefined,
      annotations,
      sourceRanges,
      keepClientAddress,
      loadBalancerClass,
    );
  }

  private constructor(
    /** @internal */
    readonly _type: 'ClusterIP' | 'NodePort' | 'LoadBalancer',
    readonly port?: number,
    readonly annotations: Readonly<Record<string, string>> = {},
    readonly sourceRanges: readonly string[] = [],
    /** @internal */
    readonly _keepsClientAddress = false,
    /** @internal */
    readonly _loadBalancerClass?: string,
  ) {}

  /** Whether more than the cluster's pods reach it. */
  get external(): boolean {
    return this._type !== 'ClusterIP';
  }
}
