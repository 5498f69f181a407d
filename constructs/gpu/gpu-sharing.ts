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

/** Profiles of NVIDIA's GPUs; attributes such as `.me` may follow. */
const MIG_PROFILES: readonly string[] = [
  ...['1g.6gb', '2g.12gb', '4g.24gb'], // A30
  ...['1g.5gb', '1g.10gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb'], // A100 40 GB
  ...['1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb'], // A100 and H100 80 GB
  ...['1g.11gb', '1g.22gb', '2g.22gb', '3g.44gb', '4g.44gb', '7g.88gb'], // H100 88 GB
  ...['1g.12gb', '1g.24gb', '2g.24gb', '3g.47gb', '4g.47gb', '7g.94gb'], // H100 94 GB
  ...['3g.48gb', '4g.48gb', '7g.96gb', '2g.48gb', '4g.96gb'], // GH200 and RTX PRO 6000, 96 GB
  ...['1g.18gb', '1g.35gb', '2g.35gb', '3g.71gb', '4g.71gb', '7g.141gb'], // H200
  ...['1g.16gb', '1g.36gb', '2g.36gb', '3g.72gb', '4g.72gb', '7g.144gb'], // GH200 144 GB
  ...['1g.23gb', '1g.45gb', '2g.45gb', '3g.90gb', '4g.90gb', '7g.180gb'], // B200
  ...['1g.47gb', '2g.47gb', '3g.93gb', '4g.93gb', '7g.186gb'], // GB200
  ...['1g.34gb', '1g.67gb', '2g.67gb', '3g.135gb', '4g.135gb', '7g.269gb'], // B300
];

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
    const [, slice] = /^([1-7]g\.\d+gb)(\.[a-z]+)*$/.exec(String(profile)) ?? [];
    if (slice === undefined) refuse('GpuSharing.mig', 'profile', profile, 'a MIG profile such as 1g.10gb');
    if (!MIG_PROFILES.includes(slice)) {
      refuse('GpuSharing.mig', 'profile', profile, `a profile of a GPU: one of ${MIG_PROFILES.join(', ')}`);
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
