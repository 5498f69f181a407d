import { Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { requireInstance } from '../private/checks';
import { type Identity } from '../private/labels';
import { requireObjectName } from '../private/names';
import { emptyDirVolume } from '../private/volumes';
import { addClaim, claimSpec } from '../workload/workload-objects';

export interface BenchmarkClaimOptions {
  /**
   * Size of the volume.
   *
   * @default Size.gibibytes(1)
   */
  readonly size?: Size;
  /**
   * Name of the StorageClass.
   *
   * @default - the cluster's default
   */
  readonly storageClass?: string;
}

/** Destination of a benchmark's `results.json` and `report.html`; the summary is in the pod's log. */
export abstract class BenchmarkResults {
  /** They are deleted with the pod; only the summary in its log remains. */
  static log(): BenchmarkResults {
    return new LoggedResults();
  }

  /** Onto a new volume that outlives the Job; every run writes into a folder named after its pod. */
  static claim({ size = Size.gibibytes(1), storageClass }: BenchmarkClaimOptions = {}): BenchmarkResults {
    requireInstance('BenchmarkResults.claim', 'size', size, Size, 'Size.gibibytes(1)');
    if (storageClass !== undefined) requireObjectName('BenchmarkResults.claim', 'storageClass', storageClass);
    return new ClaimedResults(size, storageClass);
  }

  /** Onto a PersistentVolumeClaim that exists already. */
  static volume(claim: string): BenchmarkResults {
    requireObjectName('BenchmarkResults.volume', 'claim', claim);
    return new ExistingResults(claim);
  }

  /** @internal */
  abstract _bind(scope: Construct, identity: Identity): k8s.Volume;
}

export const RESULTS_VOLUME = 'results';

class LoggedResults extends BenchmarkResults {
  override _bind(): k8s.Volume {
    return emptyDirVolume(RESULTS_VOLUME, { limit: Size.gibibytes(1) });
  }
}

class ClaimedResults extends BenchmarkResults {
  constructor(
    private readonly size: Size,
    private readonly storageClass?: string,
  ) {
    super();
  }

  override _bind(scope: Construct, { name, labels }: Identity): k8s.Volume {
    const claimName = `${name}-results`;
    addClaim(scope, 'Results', claimName, labels, claimSpec(this.size, this.storageClass));
    return { name: RESULTS_VOLUME, persistentVolumeClaim: { claimName } };
  }
}

class ExistingResults extends BenchmarkResults {
  constructor(private readonly claimName: string) {
    super();
  }

  override _bind(): k8s.Volume {
    return { name: RESULTS_VOLUME, persistentVolumeClaim: { claimName: this.claimName } };
  }
}
