import { Size } from 'cdk8s';
import { requireInstance } from '../private/checks';
import { requireObjectName } from '../private/names';

/** Storage of Prometheus. */
export class PrometheusStorage {
  /** On a volume that outlives the pod. */
  static claim(size: Size, storageClass?: string): PrometheusStorage {
    requireInstance('PrometheusStorage.claim', 'size', size, Size, 'Size.gibibytes(20)');
    if (storageClass !== undefined)
      requireObjectName('PrometheusStorage.claim', 'storageClass', storageClass);
    return new PrometheusStorage(size, true, storageClass);
  }

  /** On the node, as long as the pod lives. */
  static ephemeral(limit: Size): PrometheusStorage {
    requireInstance('PrometheusStorage.ephemeral', 'limit', limit, Size, 'Size.gibibytes(2)');
    return new PrometheusStorage(limit, false);
  }

  private constructor(
    readonly size: Size,
    readonly persistent: boolean,
    readonly storageClass?: string,
  ) {}
}
