import { refuse, requireInteger } from '../private/checks';

export interface SharedGpuOptions {
  /** Number of pods per GPU (or MIG slice), at least 2. */
  readonly replicas: number;
  /**
   * Whether shares are offered as `nvidia.com/gpu.shared`, so that a share cannot be mistaken for a whole GPU.
   *
   * @default false
   */
  readonly renamed?: boolean;
}

export interface MigOptions {
  /**
   * Time-slicing of each slice. MPS is not possible with MIG.
   *
   * @default - one pod a slice
   */
  readonly sharing?: GpuSharing;
}

/** @internal */
export type SharingKind = 'time-slicing' | 'mps' | 'mig';

/** How a node's GPUs are divided among pods. */
export class GpuSharing {
  /**
   * Pods share a GPU by time slices, without isolation of memory or faults. A pod that is alone on the GPU has all of it.
   */
  static timeSlicing(options: SharedGpuOptions): GpuSharing {
    return new GpuSharing(
      'time-slicing',
      requireReplicas('GpuSharing.timeSlicing', options),
      options.renamed,
    );
  }

  /** Pods run concurrently on a GPU with equal shares of memory and compute (NVIDIA's Multi-Process Service; experimental). */
  static mps(options: SharedGpuOptions): GpuSharing {
    return new GpuSharing('mps', requireReplicas('GpuSharing.mps', options), options.renamed);
  }

  /**
   * GPUs cut into slices with separate memory and compute.
   *
   * @param profile one slice, e.g. `1g.10gb`, as the GPUs have been cut
   */
  static mig(profile: string, { sharing }: MigOptions = {}): GpuSharing {
    if (!/^[1-7]g\.\d+gb(\.[a-z]+)*$/.test(profile)) {
      refuse('GpuSharing.mig', 'profile', profile, 'a MIG profile such as 1g.10gb');
    }
    if (sharing !== undefined && sharing.kind !== 'time-slicing') {
      refuse(
        'GpuSharing.mig',
        'sharing',
        sharing.kind,
        'GpuSharing.timeSlicing: the device plugin does not do MPS on MIG slices',
      );
    }
    return new GpuSharing('mig', sharing?.replicas ?? 1, sharing?.renamed, profile);
  }

  private constructor(
    /** @internal */
    readonly kind: SharingKind,
    /** Pods per GPU or slice. */
    readonly replicas: number,
    readonly renamed = false,
    readonly profile?: string,
  ) {}

  /** Name of the resource that is divided. */
  get divided(): string {
    return this.profile === undefined ? 'nvidia.com/gpu' : `nvidia.com/mig-${this.profile}`;
  }

  /** Name of the resource that a pod requests. */
  get resource(): string {
    return this.renamed ? `${this.divided}.shared` : this.divided;
  }

  /** Whether several pods share a device. */
  get shared(): boolean {
    return this.replicas > 1;
  }

  /** Name of the device plugin's configuration, and of the nodes' label value that selects it. */
  get configName(): string {
    const share = this.shared ? `-${this.kind === 'mps' ? 'mps' : 'sliced'}-${this.replicas}` : '';
    return `${this.profile === undefined ? 'gpu' : `mig-${this.profile}`}${share}`;
  }

  toString(): string {
    return `GpuSharing ${this.configName}`;
  }
}

function requireReplicas(subject: string, { replicas }: SharedGpuOptions): number {
  if (replicas === 1) {
    refuse(subject, 'replicas', replicas, 'an integer ≥ 2: one pod a GPU is no sharing, leave it out');
  }
  return requireInteger(subject, 'replicas', replicas, 2, 128);
}
