import { Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type ContainerImage, imageReference } from '../../images';
import { Connections, type IConnectable } from '../../network/connections';
import { type Peer } from '../../network/peer';
import { NOT_SHOWN, refuse } from '../../private/checks';
import { checksum } from '../../private/checksum';
import { ConfigFiles } from '../../private/config-files';
import { identify, type Identity } from '../../private/labels';
import { podBasics } from '../../workload/pod-basics';
import { httpProbe } from '../../private/probes';
import { restrictedContainer, USERS } from '../../private/security';
import { addService, containerPorts, type Port } from '../../workload/service-objects';
import { addDeployment } from '../../workload/workload-objects';
import { emptyDirVolume, readOnlyMount } from '../../private/volumes';
import { type PodOptions } from '../../workload/pod-options';
import { Resources } from '../../workload/resources';
import { SecretKey } from '../../workload/secret-key';

export interface GrafanaOptions extends PodOptions {
  /** The Secret's key that holds the password of the user `admin`. */
  readonly adminPassword: SecretKey;
  /** Who may open it; `kubectl port-forward` always works. @default - no pods */
  readonly callers?: readonly Peer[];
  /** @default - requests 0.1 CPU and 128 MiB, limits 0.5 CPU and 512 MiB */
  readonly resources?: Resources;
  /** @default - the pinned version */
  readonly image?: ContainerImage;
}

export interface GrafanaProps extends GrafanaOptions {
  readonly prometheus: IConnectable & { readonly url: string; readonly port: number };
  /** Name of the ConfigMap with dashboards. */
  readonly dashboards: ConfigFiles;
}

const HTTP: Port = { name: 'http', port: 3000 };
const PROVISIONING = '/etc/grafana/provisioning';
const DASHBOARDS = '/etc/grafana/dashboards';

/**
 * A Grafana with the stack's Prometheus and dashboards, all from the manifest: changes in the browser are lost with the pod.
 */
export class Grafana extends Construct implements IConnectable {
  readonly connections: Connections;

  constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const identity = identify(this, 'grafana');
    if (!(props.adminPassword instanceof SecretKey)) {
      refuse(
        this,
        'adminPassword',
        NOT_SHOWN,
        "a reference such as SecretKey.of('grafana', 'password'), not the password",
      );
    }
    this.connections = new Connections(this, identity);
    for (const caller of props.callers ?? []) this.connections.allowFrom(caller, HTTP.port);
    this.connections.connectTo(props.prometheus, props.prometheus.port);
    const sources = new ConfigFiles(
      this,
      'Sources',
      `${identity.name}-sources`,
      { 'prometheus.yaml': stringify(dataSources(props.prometheus.url)) },
      identity.labels,
    );
    const providers = new ConfigFiles(
      this,
      'Providers',
      `${identity.name}-providers`,
      { 'files.yaml': stringify(PROVIDERS) },
      identity.labels,
    );
    addService(this, identity, [HTTP]);
    this.addDeployment(identity, { sources, providers, dashboards: props.dashboards }, props);
  }

  private addDeployment(
    identity: Identity,
    files: Readonly<Record<'sources' | 'providers' | 'dashboards', ConfigFiles>>,
    props: GrafanaProps,
  ): void {
    // Dashboards are looked at again every half minute; sources only at start.
    const configChecksum = checksum([files.sources.checksum, files.providers.checksum]);
    const spec = {
      ...podBasics(this, USERS.grafana, props),
      containers: [this.toContainer(props)],
      volumes: [
        files.sources.volume('sources'),
        files.providers.volume('providers'),
        files.dashboards.volume('dashboards'),
        emptyDirVolume('data'),
        emptyDirVolume('tmp'),
      ],
    };
    const pods = { identity, spec, checksum: configChecksum, reloaded: ['dashboards'], options: props };
    addDeployment(this, pods, { replicas: 1 });
  }

  private toContainer(props: GrafanaProps): k8s.Container {
    const resources =
      props.resources ??
      Resources.burstable({
        requests: { cpu: Cpu.millis(100), memory: Size.mebibytes(128) },
        limits: { cpu: Cpu.millis(500), memory: Size.mebibytes(512) },
      });
    const { secret, key } = props.adminPassword;
    return {
      name: 'grafana',
      image: imageReference(this, props.image, 'grafana'),
      imagePullPolicy: 'IfNotPresent',
      env: [
        { name: 'GF_SECURITY_ADMIN_PASSWORD', valueFrom: { secretKeyRef: { name: secret, key } } },
        // No calls to hosts outside of the cluster.
        { name: 'GF_ANALYTICS_REPORTING_ENABLED', value: 'false' },
        { name: 'GF_ANALYTICS_CHECK_FOR_UPDATES', value: 'false' },
        { name: 'GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES', value: 'false' },
        { name: 'GF_PLUGINS_PREINSTALL_DISABLED', value: 'true' },
      ],
      ports: containerPorts([HTTP]),
      resources: resources._toKube(),
      securityContext: restrictedContainer(),
      startupProbe: httpProbe('http', '/api/health', { period: 5, timeout: 5, failures: 36 }),
      readinessProbe: httpProbe('http', '/api/health', { period: 10, timeout: 5, failures: 3 }),
      livenessProbe: httpProbe('http', '/api/health', { period: 20, timeout: 5, failures: 6 }),
      volumeMounts: [
        readOnlyMount('sources', `${PROVISIONING}/datasources`),
        readOnlyMount('providers', `${PROVISIONING}/dashboards`),
        readOnlyMount('dashboards', DASHBOARDS),
        { name: 'data', mountPath: '/var/lib/grafana' },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
  }
}

function dataSources(url: string): object {
  const source = {
    name: 'Prometheus',
    uid: 'prometheus',
    type: 'prometheus',
    access: 'proxy',
    url,
    isDefault: true,
  };
  return { apiVersion: 1, datasources: [source] };
}

const PROVIDERS = {
  apiVersion: 1,
  providers: [
    {
      name: 'stack',
      orgId: 1,
      folder: 'Inference',
      type: 'file',
      updateIntervalSeconds: 30,
      options: { path: DASHBOARDS },
    },
  ],
};
