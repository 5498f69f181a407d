import { refuse, requireInteger } from '../private/checks';

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
}

/** From where a Service can be reached. */
export class Exposure {
  /** Pods of the cluster. */
  static cluster(): Exposure {
    return new Exposure('ClusterIP');
  }

  /** Also clients that reach a node, at `port` (30000–32767) or at one that the cluster chooses. */
  static nodePort(port?: number): Exposure {
    if (port !== undefined) requireInteger('Exposure.nodePort', 'port', port, 30000, 32767);
    return new Exposure('NodePort', port);
  }

  /** A load balancer of the cloud. It balances connections, not streams. */
  static loadBalancer({ annotations = {}, sourceRanges = [] }: LoadBalancerExposureOptions = {}): Exposure {
    for (const range of sourceRanges) {
      if (!/^[0-9a-f.:]+\/\d{1,3}$/i.test(range)) {
        refuse('Exposure.loadBalancer', 'sourceRanges', range, 'a network such as 192.0.2.0/24');
      }
    }
    return new Exposure('LoadBalancer', undefined, annotations, sourceRanges);
  }

  private constructor(
    /** @internal */
    readonly _type: 'ClusterIP' | 'NodePort' | 'LoadBalancer',
    readonly port?: number,
    readonly annotations: Readonly<Record<string, string>> = {},
    readonly sourceRanges: readonly string[] = [],
  ) {}

  /** Whether more than the cluster's pods reach it. */
  get external(): boolean {
    return this._type !== 'ClusterIP';
  }
}
