import { k8s } from 'cdk8s-plus-27';
import { refuse, requireInstance, requireInteger } from '../private/checks';
import { requireLabelValue } from '../private/metadata-rules';
import { requireObjectName } from '../private/names';
import { GPU_TOLERATION } from './gpu-nodes';
import { GpuSharing } from './gpu-sharing';

export interface GpuOptions {
  /**
   * Name of the RuntimeClass, where NVIDIA's runtime is not the nodes' default.
   *
   * @default - the nodes' default runtime
   */
  readonly runtimeClass?: string;
  /**
   * Model of GPU that the pods need, as the label `nvidia.com/gpu.product` says it, e.g. `NVIDIA-A100-SXM4-40GB`.
   *
   * @default - any
   */
  readonly product?: string;
}

/** GPU that a pod requests. */
export class Gpu {
  /** Whole GPUs, exclusive to the pod. */
  static whole(count = 1, options: GpuOptions = {}): Gpu {
    requireInteger('Gpu.whole', 'count', count, 1, 16);
    return new Gpu('nvidia.com/gpu', count, options);
  }

  /** One share of a divided GPU. */
  static share(sharing: GpuSharing, count = 1, options: GpuOptions = {}): Gpu {
    requireInstance('Gpu.share', 'sharing', sharing, GpuSharing, 'GpuSharing.timeSlicing({ replicas: 4 })');
    if (sharing.shared && count !== 1) {
      refuse(
        'Gpu.share',
        'count',
        count,
        '1: two shares of a GPU give no more compute than one, and MPS refuses them',
      );
    }
    requireInteger('Gpu.share', 'count', count, 1, 16);
    return new Gpu(sharing.resource, count, options, sharing);
  }

  private constructor(
    /** Name of the extended resource. */
    readonly resource: string,
    readonly count: number,
    private readonly options: GpuOptions,
    readonly sharing?: GpuSharing,
  ) {
    if (options.runtimeClass !== undefined) requireObjectName('Gpu', 'runtimeClass', options.runtimeClass);
    if (options.product !== undefined) requireLabelValue('Gpu', 'product', options.product);
  }

  toString(): string {
    return `Gpu ${this.count} × ${this.resource}`;
  }

  /** @internal */
  _limits(): Record<string, k8s.Quantity> {
    return { [this.resource]: k8s.Quantity.fromNumber(this.count) };
  }

  /** @internal */
  _toPod(): Pick<k8s.PodSpec, 'runtimeClassName' | 'tolerations' | 'nodeSelector'> {
    const { runtimeClass, product } = this.options;
    return {
      runtimeClassName: runtimeClass,
      tolerations: [GPU_TOLERATION],
      nodeSelector: product === undefined ? undefined : { 'nvidia.com/gpu.product': product },
    };
  }
}
