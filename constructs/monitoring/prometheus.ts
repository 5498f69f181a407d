import { Duration, Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type ContainerImage, imageReference } from '../images';
import { Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse, requireInteger } from '../private/checks';
import { ConfigFiles } from '../private/config-files';
import { identify, type Identity } from '../private/labels';
import { namespaceOf, serviceHost } from '../private/names';
import { podBasics } from '../workload/pod-basics';
import { usesIpv6 } from '../private/network-context';
import { httpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { addService, containerPorts, type Port } from '../workload/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { addClaim, addDeployment, claimSpec } from '../workload/workload-objects';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { type Alertmanager } from './alertmanager';
import { addDiscoveryRole } from './discovery-role';
import { CONFIG_PATH, prometheusConfig, RULES_FILE } from './prometheus-config';
import { PrometheusStorage } from './prometheus-storage';
import { type RemoteWrite } from './remote-write';
import { type RuleGroup } from './rules/rule-group';
import { scopedRules } from './rules/scoped-rules';
import { type ScrapeTarget, type ScrapingPrometheus } from './scrape-target';

export interface PrometheusProps extends PodOptions {
  /** What is scraped. */
  readonly targets: readonly ScrapeTarget[];
  /** Recording and alert rules. @default - none */
  readonly rules?: readonly RuleGroup[];
  /** Ranges of the rules have at least four scrapes. @default Duration.seconds(15) */
  readonly scrapeInterval?: Duration;
  /** How long series are kept. @default Duration.days(15) */
  readonly retention?: Duration;
  /** @default PrometheusStorage.claim(Size.gibibytes(20)) */
  readonly storage?: PrometheusStorage;
  /** @default - requests 0.25 CPU and 512 MiB, limits 1 CPU and 2 GiB */
  readonly resources?: Resources;
  /** Who may query it. @default - pods of the same namespace */
  readonly callers?: readonly Peer[];
  /** Receivers of alerts. @default - none */
  readonly alertmanagers?: readonly Alertmanager[];
  /** Stores that get a copy of the samples. @default - none */
  readonly remoteWrites?: readonly RemoteWrite[];
  /** @default - the pinned version */
  readonly image?: ContainerImage;
}

const HTTP: Port = { name: 'http', port: 9090 };
const DATA_PATH = '/prometheus';

/**
 * A Prometheus that scrapes the stack: one pod with its configuration (taken up without a restart), a Role to find the
 * targets' pods, Service and NetworkPolicy. Alerts go to the `alertmanagers`.
 *
 * @example
 * new Prometheus(ml, 'prometheus', { targets: [server.scrapeTarget, edge.scrapeTarget], retention: Duration.days(3) });
 */
export class Prometheus extends Construct implements ScrapingPrometheus {
  readonly connections: Connections;
  /** Base URL, e.g. `http://monitoring-prometheus.ml.svc.cluster.local:9090`. */
  readonly url: string;
  readonly port = HTTP.port;
  /** Seconds between two scrapes. */
  readonly scrapeSeconds: number;

  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id);
    const identity = identify(this, 'prometheus');
    if (props.targets.length === 0)
      refuse(this, 'targets', props.targets, 'at least one construct with metrics');
    this.connections = new Connections(this, identity);
    for (const caller of props.callers ?? [Peer.sameNamespace()])
      this.connections.allowFrom(caller, HTTP.port);
    this.connections.allowTo(Peer.anywhere(), 443, 6443); // the API server, which is no pod
    for (const target of props.targets) this.reach(target);
    const receivers = [...(props.alertmanagers ?? []), ...(props.remoteWrites ?? [])];
    for (const { _peer, _port } of receivers) this.connections.allowTo(_peer, _port);

    this.scrapeSeconds = requireInteger(
      this,
      'scrapeInterval',
      (props.scrapeInterval ?? Duration.seconds(15)).toSeconds(),
      1,
      3600,
    );
    const config = new ConfigFiles(
      this,
      'Config',
      `${identity.name}-config`,
      {
        'prometheus.yaml': stringify(prometheusConfig(props.targets, this.scrapeSeconds, props), {
          lineWidth: 0,
        }),
        [RULES_FILE]: stringify({ groups: scopedRules(props.rules ?? [], this) }, { lineWidth: 0 }),
      },
      identity.labels,
    );
    const namespaces = props.targets.map(({ workload }) => namespaceOf(workload));
    const account = addDiscoveryRole(this, identity, namespaces, props.serviceAccount);
    addService(this, identity, [HTTP]);
    this.url = `http://${serviceHost(this, identity.name)}:${HTTP.port}`;
    for (const { onScraped } of props.targets) onScraped?.(this);
    this.addDeployment(identity, account, config, props);
  }

  private reach({ workload, containerPort }: ScrapeTarget): void {
    if (workload.connections)
      this.connections.connectTo({ connections: workload.connections }, containerPort);
    // Pods in the node's network have the node's address, which a NetworkPolicy cannot select.
    else this.connections.allowTo(Peer.anywhere(), containerPort);
  }

  private addDeployment(
    identity: Identity,
    account: string,
    config: ConfigFiles,
    props: PrometheusProps,
  ): void {
    const storage = props.storage ?? PrometheusStorage.claim(Size.gibibytes(20));
    const claimName = `${identity.name}-data`;
    if (storage.persistent)
      addClaim(this, 'Data', claimName, identity.labels, claimSpec(storage.size, storage.storageClass));
    const spec = {
      ...podBasics(this, USERS.prometheus, props),
      serviceAccountName: account,
      // To find pods it asks the API.
      automountServiceAccountToken: true,
      terminationGracePeriodSeconds: 120,
      containers: [this.toContainer(storage, props)],
      volumes: [
        config.volume('config'),
        ...tokenVolumes(props).map(({ volume }) => volume),
        storage.persistent
          ? { name: 'data', persistentVolumeClaim: { claimName } }
          : emptyDirVolume('data', { limit: storage.size }),
      ],
    };
    // The database has a lock: one pod at a time.
    addDeployment(this, { identity, spec, options: props }, { replicas: 1, strategy: { type: 'Recreate' } });
  }

  private toContainer(storage: PrometheusStorage, props: PrometheusProps): k8s.Container {
    const resources =
      props.resources ??
      Resources.burstable({
        requests: { cpu: Cpu.millis(250), memory: Size.mebibytes(512) },
        limits: { cpu: Cpu.units(1), memory: Size.gibibytes(2) },
      });
    const retention = requireInteger(
      this,
      'retention',
      (props.retention ?? Duration.days(15)).toHours(),
      1,
      87_600,
    );
    // A tenth is left for the write-ahead log.
    const room = Math.floor(storage.size.toMebibytes() * 0.9);
    return {
      name: 'prometheus',
      image: imageReference(this, props.image, 'prometheus'),
      imagePullPolicy: 'IfNotPresent',
      args: [
        `--config.file=${CONFIG_PATH}/prometheus.yaml`,
        `--storage.tsdb.path=${DATA_PATH}`,
        `--storage.tsdb.retention.time=${retention}h`,
        `--storage.tsdb.retention.size=${room}MB`,
        '--enable-feature=auto-reload-config',
        ...(usesIpv6(this) ? [`--web.listen-address=[::]:${HTTP.port}`] : []),
      ],
      ports: containerPorts([HTTP]),
      resources: resources._toKube(),
      securityContext: restrictedContainer(),
      // Replaying a large write-ahead log takes minutes.
      startupProbe: httpProbe('http', '/-/ready', { period: 5, timeout: 5, failures: 120 }),
      readinessProbe: httpProbe('http', '/-/ready', { period: 5, timeout: 5, failures: 3 }),
      livenessProbe: httpProbe('http', '/-/healthy', { period: 10, timeout: 5, failures: 6 }),
      volumeMounts: [
        readOnlyMount('config', CONFIG_PATH),
        ...tokenVolumes(props).map(({ volume, path }) => readOnlyMount(volume.name, path)),
        { name: 'data', mountPath: DATA_PATH },
      ],
    };
  }
}

function tokenVolumes({
  remoteWrites = [],
}: PrometheusProps): readonly { volume: k8s.Volume; path: string }[] {
  return remoteWrites.flatMap((remote, index) => remote._toVolume(index) ?? []);
}
