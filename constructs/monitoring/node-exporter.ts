import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type AgentOptions } from '../workload/pod-options';
import { type ContainerImage, imageReference } from '../images';
import { requireInteger } from '../private/checks';
import { identify } from '../private/labels';
import { requirePrivileged } from '../private/namespaces';
import { podBasics } from '../workload/pod-basics';
import { httpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { hostPathVolume } from '../private/volumes';
import { Resources } from '../workload/resources';
import { addDaemonSet } from '../workload/workload-objects';
import { type IMonitored, type ScrapeTarget } from './scrape-target';

export interface NodeExporterProps extends AgentOptions {
  /** Port of the nodes, which no other program may have. @default 9100 */
  readonly port?: number;
  /** @default - requests 0.05 CPU and 32 MiB, limits 0.25 CPU and 96 MiB */
  readonly resources?: Resources;
  /** @default - the pinned version */
  readonly image?: ContainerImage;
}

const PORT = 9100;

/** Arguments to read the machine through `/host`, without the mounts and interfaces of containers. */
export const NODE_EXPORTER_ARGUMENTS: readonly string[] = [
  '--path.procfs=/host/root/proc',
  '--path.sysfs=/host/sys',
  '--path.rootfs=/host/root',
  '--path.udev.data=/host/root/run/udev/data',
  '--no-collector.wifi',
  '--no-collector.hwmon',
  '--no-collector.btrfs',
  '--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/k3s/containerd/.+|var/lib/docker/.+|var/lib/kubelet/pods/.+)($|/)',
  '--collector.netclass.ignored-devices=^(veth.*|[a-f0-9]{15})$',
  '--collector.netdev.device-exclude=^(veth.*|[a-f0-9]{15})$',
];

/**
 * node-exporter on every node: CPU, memory, disks and network of the machines. A DaemonSet in the nodes' own network and process
 * space, read-only; it needs a namespace with `PodSecurity.PRIVILEGED`.
 *
 * @example
 * const nodes = new NodeExporter(agents, 'nodes');
 * new Prometheus(ml, 'machines', { targets: [nodes.scrapeTarget] });
 */
export class NodeExporter extends Construct implements IMonitored {
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: NodeExporterProps = {}) {
    super(scope, id);
    requirePrivileged(this);
    const identity = identify(this, 'node-exporter');
    const port = requireInteger(this, 'port', props.port ?? PORT, 1024, 65_535);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: 'metrics',
      containerPort: port,
    };
    const spec = {
      ...podBasics(this, USERS.nodeExporter),
      hostNetwork: true,
      hostPid: true,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ operator: 'Exists' }],
      containers: [this.toContainer(props, port)],
      volumes: [hostPathVolume('sys', '/sys'), hostPathVolume('root', '/')],
    };
    addDaemonSet(
      this,
      { identity, spec, options: props },
      { maxUnavailable: k8s.IntOrString.fromString('10%') },
    );
  }

  private toContainer(props: NodeExporterProps, port: number): k8s.Container {
    const resources =
      props.resources ??
      Resources.burstable({
        requests: { cpu: Cpu.millis(50), memory: Size.mebibytes(32) },
        limits: { cpu: Cpu.millis(250), memory: Size.mebibytes(96) },
      });
    const fromHost = (name: string, mountPath: string): k8s.VolumeMount => ({
      name,
      mountPath,
      readOnly: true,
      mountPropagation: 'HostToContainer',
    });
    return {
      name: 'node-exporter',
      image: imageReference(this, props.image, 'nodeExporter'),
      imagePullPolicy: 'IfNotPresent',
      args: [...NODE_EXPORTER_ARGUMENTS, `--web.listen-address=:${port}`],
      ports: [{ name: 'metrics', containerPort: port, hostPort: port }],
      resources: resources._toKube(),
      securityContext: restrictedContainer(),
      readinessProbe: httpProbe('metrics', '/', { period: 10, timeout: 5, failures: 3 }),
      livenessProbe: httpProbe('metrics', '/', { period: 20, timeout: 5, failures: 6 }),
      volumeMounts: [fromHost('sys', '/host/sys'), fromHost('root', '/host/root')],
    };
  }
}
