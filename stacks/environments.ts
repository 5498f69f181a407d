import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import {
  Exposure,
  Gpu,
  GpuSharing,
  type PipelineDocumentInput,
  PrometheusStorage,
  Replicas,
  Resources,
} from '../constructs';

/** What differs between the places where a topology runs; everything else is the same everywhere. */
export interface StackEnvironment {
  readonly server: Resources;
  /** Servers of the load-balanced topology. */
  readonly replicas: Replicas;
  readonly balancer: Resources;
  readonly balancers: Replicas;
  /** Who reaches the server of the single-pod topology. */
  readonly serverExposure?: Exposure;
  /** Who reaches the balancer. */
  readonly balancerExposure?: Exposure;
  readonly repository: Resources;
  readonly database: Resources;
  /** Members of the load-balanced topology's database. */
  readonly databaseMembers: 1 | 3;
  readonly databaseSize: Size;
  readonly prometheus: Resources;
  readonly prometheusStorage: PrometheusStorage;
  /** How GPUs are divided, and so what a server asks for. */
  readonly gpu?: { readonly sharing?: GpuSharing };
}

/** A cluster of several nodes without GPUs. */
const PRODUCTION: StackEnvironment = {
  server: Resources.guaranteed(Cpu.units(2), Size.gibibytes(2)),
  replicas: Replicas.between(2, 8),
  balancer: Resources.guaranteed(Cpu.units(1), Size.gibibytes(1)),
  balancers: Replicas.fixed(2),
  repository: burstable(100, 1000, 256, 512),
  database: Resources.guaranteed(Cpu.units(1), Size.gibibytes(2)),
  databaseMembers: 3,
  databaseSize: Size.gibibytes(20),
  prometheus: burstable(250, 1000, 512, 2048),
  prometheusStorage: PrometheusStorage.claim(Size.gibibytes(20)),
};

/** The same with NVIDIA GPUs, each shared by four servers. Needs an image with a GPU build of ONNX Runtime. */
const GPU: StackEnvironment = {
  ...PRODUCTION,
  gpu: { sharing: GpuSharing.timeSlicing({ replicas: 4 }) },
};

/** One node of two cores, for trying out and for tests. */
const SMALLEST: StackEnvironment = {
  server: Resources.guaranteed(Cpu.millis(250), Size.mebibytes(512)),
  replicas: Replicas.between(1, 3),
  balancer: Resources.guaranteed(Cpu.millis(150), Size.mebibytes(256)),
  balancers: Replicas.fixed(1),
  // Clients outside of the cluster: `mis infer --address localhost:30051`.
  serverExposure: Exposure.nodePort(30050),
  balancerExposure: Exposure.nodePort(30051),
  repository: burstable(50, 500, 128, 384),
  database: burstable(100, 500, 256, 512),
  databaseMembers: 1,
  databaseSize: Size.gibibytes(1),
  prometheus: burstable(100, 500, 128, 512),
  prometheusStorage: PrometheusStorage.ephemeral(Size.gibibytes(1)),
};

export const ENVIRONMENTS = { production: PRODUCTION, gpu: GPU, smallest: SMALLEST } as const;
export type EnvironmentName = keyof typeof ENVIRONMENTS;

/** @throws Error that names the environments there are. */
export function environmentNamed(name: string): StackEnvironment {
  if (Object.hasOwn(ENVIRONMENTS, name)) return ENVIRONMENTS[name as EnvironmentName];
  throw new Error(`MIS_ENVIRONMENT must be one of ${Object.keys(ENVIRONMENTS).join(', ')}, got '${name}'`);
}

/** What a server asks for of a divided GPU, or of a whole one. */
export function serverGpu({ gpu }: StackEnvironment): Gpu | undefined {
  if (gpu === undefined) return undefined;
  return gpu.sharing ? Gpu.share(gpu.sharing) : Gpu.whole();
}

function burstable(cpu: number, cpuLimit: number, memory: number, memoryLimit: number): Resources {
  return Resources.burstable({
    requests: { cpu: Cpu.millis(cpu), memory: Size.mebibytes(memory) },
    limits: { cpu: Cpu.millis(cpuLimit), memory: Size.mebibytes(memoryLimit) },
  });
}

/** With GPUs, the pipelines as they are computed on them. */
export function pipelinesFor(
  { gpu }: StackEnvironment,
  pipelines: readonly PipelineDocumentInput[],
): readonly PipelineDocumentInput[] {
  if (gpu === undefined) return pipelines;
  return pipelines.map((pipeline) => ({
    ...pipeline,
    inferencer: { ...pipeline.inferencer, providers: ['cuda', 'cpu'] },
  }));
}
