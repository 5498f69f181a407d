import { Duration, Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type AgentOptions } from '../workload/pod-options';
import { type GpuSharing } from '../gpu/gpu-sharing';
import { GPU_NODES, GPU_TOLERATION } from '../gpu/gpu-nodes';
import { type ContainerImage, imageReference } from '../images';
import { Connections, type IConnectable } from '../network/connections';
import { requireInteger } from '../private/checks';
import { identify, type Identity } from '../private/labels';
import { requireLabels } from '../private/metadata-rules';
import { requireObjectName } from '../private/names';
import { requirePrivileged } from '../private/namespaces';
import { pullSecrets } from '../workload/pod-basics';
import { httpProbe } from '../private/probes';
import { containerPorts, type Port } from '../workload/service-objects';
import { hostPathVolume, readOnlyMount } from '../private/volumes';
import { Resources } from '../workload/resources';
import { addDaemonSet } from '../workload/workload-objects';
import { type IMonitored, type ScrapeTarget } from './scrape-target';

export interface DcgmExporterProps extends AgentOptions {
  /**
   * How the nodes' GPUs are divided: shares get the label `vgpu`, and renamed resources are recognized.
   *
   * @default - not divided
   */
  readonly sharings?: readonly GpuSharing[];
  /**
   * Whether to read the profiling counters (tensor cores, memory bandwidth), for which it gets the capability SYS_ADMIN.
   *
   * @default true
   */
  readonly profiling?: boolean;
  /**
   * How often the GPUs are read.
   *
   * @default Duration.seconds(10)
   */
  readonly interval?: Duration;
  /**
   * Labels of the nodes with GPUs.
   *
   * @default - `nvidia.com/gpu.present=true`, which GPU feature discovery sets
   */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Name of the RuntimeClass, where NVIDIA's runtime is not the default. @default - the nodes' default */
  readonly runtimeClass?: string;
  /** @default - requests 0.1 CPU and 256 MiB, limits 0.5 CPU and 512 MiB */
  readonly resources?: Resources;
  /** @default - the pinned version */
  readonly image?: ContainerImage;
}

const METRICS: Port = { name: 'metrics', port: 9400 };

/**
 * NVIDIA's DCGM exporter on every node with GPUs: use, memory, clocks, power and temperature by GPU and by pod. A DaemonSet that
 * runs as root and reads the kubelet's list of devices; it needs a namespace with `PodSecurity.PRIVILEGED`.
 *
 * @example
 * const dcgm = new DcgmExporter(agents, 'dcgm', { sharings: [GpuSharing.timeSlicing({ replicas: 4 })] });
 * new Prometheus(ml, 'gpus', { targets: [dcgm.scrapeTarget] });
 */
export class DcgmExporter extends Construct implements IMonitored, IConnectable {
  readonly connections: Connections;
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: DcgmExporterProps = {}) {
    super(scope, id);
    requirePrivileged(this);
    const identity = identify(this, 'dcgm-exporter');
    this.connections = new Connections(this, identity);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: METRICS.name,
      containerPort: METRICS.port,
      // Its labels `namespace` and `pod` name the pod that uses the GPU, not the exporter.
      honorLabels: true,
    };
    this.addPods(identity, props);
  }

  private addPods(identity: Identity, props: DcgmExporterProps): void {
    if (props.runtimeClass !== undefined) requireObjectName(this, 'runtimeClass', props.runtimeClass);
    if (props.nodeLabels !== undefined) requireLabels(this, 'nodeLabels', props.nodeLabels);
    const spec = {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: pullSecrets(this),
      runtimeClassName: props.runtimeClass,
      priorityClassName: 'system-node-critical',
      nodeSelector: { ...(props.nodeLabels ?? GPU_NODES) },
      tolerations: [GPU_TOLERATION],
      containers: [this.toContainer(props)],
      volumes: [hostPathVolume('pod-resources', '/var/lib/kubelet/pod-resources')],
    };
    addDaemonSet(this, { identity, spec, options: props });
  }

  private toContainer(props: DcgmExporterProps): k8s.Container {
    const resources =
      props.resources ??
      Resources.burstable({
        requests: { cpu: Cpu.millis(100), memory: Size.mebibytes(256) },
        limits: { cpu: Cpu.millis(500), memory: Size.mebibytes(512) },
      });
    return {
      name: 'dcgm-exporter',
      image: imageReference(this, props.image, 'dcgmExporter'),
      imagePullPolicy: 'IfNotPresent',
      env: this.toEnvironment(props),
      ports: containerPorts([METRICS]),
      resources: resources._toKube(),
      securityContext: {
        runAsNonRoot: false,
        runAsUser: 0,
        allowPrivilegeEscalation: false,
        // Written without CAP_, which the runtime adds itself.
        capabilities: { drop: ['ALL'], add: (props.profiling ?? true) ? ['SYS_ADMIN'] : undefined },
      },
      startupProbe: httpProbe('metrics', '/health', { period: 5, timeout: 5, failures: 24 }),
      readinessProbe: httpProbe('metrics', '/health', { period: 10, timeout: 5, failures: 3 }),
      livenessProbe: httpProbe('metrics', '/health', { period: 20, timeout: 5, failures: 6 }),
      volumeMounts: [readOnlyMount('pod-resources', '/var/lib/kubelet/pod-resources')],
    };
  }

  private toEnvironment({ sharings = [], interval = Duration.seconds(10) }: DcgmExporterProps): k8s.EnvVar[] {
    const millis = requireInteger(this, 'interval', interval.toMilliseconds(), 1000, 3_600_000);
    const renamed = [
      ...new Set(sharings.filter((sharing) => sharing.renamed).map(({ resource }) => resource)),
    ];
    return [
      { name: 'DCGM_EXPORTER_LISTEN', value: `:${METRICS.port}` },
      { name: 'DCGM_EXPORTER_KUBERNETES', value: 'true' },
      { name: 'DCGM_EXPORTER_INTERVAL', value: String(millis) },
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ...(sharings.some(({ shared }) => shared) ? [{ name: 'KUBERNETES_VIRTUAL_GPUS', value: 'true' }] : []),
      ...(renamed.length > 0 ? [{ name: 'NVIDIA_RESOURCE_NAMES', value: renamed.join(',') }] : []),
    ];
  }
}
