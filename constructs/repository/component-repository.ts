import { Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type ContainerImage, imageReference } from '../images';
import { type IMonitored, type ScrapeTarget } from '../monitoring/scrape-target';
import { Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { refuse, requireInstance } from '../private/checks';
import { identify, type Identity } from '../private/labels';
import { serviceHost } from '../private/names';
import { podBasics } from '../workload/pod-basics';
import { listenAddress } from '../private/network-context';
import { httpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { addService, containerPorts, type Port } from '../workload/service-objects';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { addDeployment, addDisruptionBudget } from '../workload/workload-objects';
import { Replicas } from '../scaling/replicas';
import { type Environment, toEnvironment } from '../workload/environment';
import { Exposure } from '../workload/exposure';
import { toSpread } from '../workload/placement';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { secretPath, secretVolume } from '../server/pod-addition';
import { ServerTls } from '../server/server-tls';
import { type CertificateAuthorities } from '../workload/certificate-authorities';
import { type SecretKey } from '../workload/secret-key';
import { type IComponentRepository } from './component-repository-reference';
import { ExternalRepository, type ExternalRepositoryOptions } from './external-repository';
import { RepositoryAccess } from './repository-access';
import { type BoundStore, type IComponentStore } from './component-store';

export interface ComponentRepositoryProps extends PodOptions {
  /** Where components are kept: {@link MongoDb} or {@link EmbeddedStore}. */
  readonly store: IComponentStore;
  /**
   * How many pods; more than one needs a store that several can use, MongoDB.
   *
   * @default Replicas.fixed(1)
   */
  readonly replicas?: Replicas;
  /**
   * CPU and memory of a pod. Files are streamed: their size does not matter.
   *
   * @default - requests 0.1 CPU and 256 MiB, limits 1 CPU and 512 MiB
   */
  readonly resources?: Resources;
  /**
   * Who may call it, in addition to the servers that fetch from it.
   *
   * @default - only those servers; with an exposure beyond the cluster anyone
   */
  readonly callers?: readonly Peer[];
  /** @default Exposure.cluster() */
  readonly exposure?: Exposure;
  /**
   * Who may call, by token.
   *
   * @default - everyone that the NetworkPolicy lets through
   */
  readonly access?: RepositoryAccess;
  /**
   * TLS between callers and the repository. A changed certificate needs a restart of the pods.
   *
   * @default - none
   */
  readonly tls?: ServerTls;
  /**
   * Authorities of that certificate, for the servers that fetch.
   *
   * @default - the public ones
   */
  readonly tlsAuthorities?: CertificateAuthorities;
  /**
   * More environment variables.
   *
   * @default - none
   */
  readonly environment?: Environment;
  /** @default - the image of this release */
  readonly image?: ContainerImage;
}

const HTTP: Port = { name: 'http', port: 9012 };

/**
 * The component repository: a REST service from which servers fetch models and other components, with its Service, probes and
 * NetworkPolicy. You upload its content (`mis push`, or plain HTTP).
 *
 * @example
 * const repository = new ComponentRepository(ml, 'repository', { store: MongoDb.replicaSet(ml, 'mongo') });
 */
export class ComponentRepository extends Construct implements IComponentRepository, IMonitored {
  /**
   * A repository that exists already, of another team or outside of the cluster.
   *
   * @example
   * ComponentRepository.fromUrl('https://repository.example', { token: SecretKey.of('repository', 'token') });
   */
  static fromUrl(url: string, options: ExternalRepositoryOptions = {}): ExternalRepository {
    return new ExternalRepository(url, options);
  }

  readonly connections: Connections;
  readonly url: string;
  readonly port = HTTP.port;
  readonly token?: SecretKey;
  readonly certificateAuthorities?: CertificateAuthorities;
  /** What Prometheus scrapes. */
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: ComponentRepositoryProps) {
    super(scope, id);
    const identity = identify(this, 'component-repository');
    this.connections = new Connections(this, identity);
    if (typeof props.store?._bindStore !== 'function') {
      refuse(this, 'store', props.store, 'a MongoDb or an EmbeddedStore, e.g. EmbeddedStore.onClaim()');
    }
    const store = props.store._bindStore(this, identity, this.connections);
    const replicas = requireInstance(
      this,
      'replicas',
      props.replicas ?? Replicas.fixed(1),
      Replicas,
      'Replicas.fixed(2)',
    );
    if (replicas.autoscaled)
      refuse(this, 'replicas', replicas, 'a fixed number: a repository is not scaled on load');
    if (store.singleWriter && replicas.min > 1) {
      refuse(
        this,
        'replicas',
        replicas,
        'Replicas.fixed(1) with an EmbeddedStore (its volume is for one pod), or the store a MongoDb',
      );
    }
    const exposure = requireInstance(
      this,
      'exposure',
      props.exposure ?? Exposure.cluster(),
      Exposure,
      'Exposure.cluster()',
    );
    for (const caller of props.callers ?? (exposure.external ? [Peer.anywhere()] : []))
      this.connections.allowFrom(caller, HTTP.port);
    addService(this, identity, [HTTP], exposure);
    const { access, tls } = props;
    if (access !== undefined)
      requireInstance(this, 'access', access, RepositoryAccess, 'RepositoryAccess.byToken({ … })');
    if (tls !== undefined) {
      requireInstance(this, 'tls', tls, ServerTls, "ServerTls.fromSecret('repository-tls')");
      if (tls.clientCa !== undefined)
        refuse(
          this,
          'tls.clientCa',
          tls.clientCa,
          'left out: the repository asks for tokens, not for certificates',
        );
    }
    this.token = access?._reader;
    this.certificateAuthorities = props.tlsAuthorities;
    this.url = `${tls ? 'https' : 'http'}://${serviceHost(this, identity.name)}:${HTTP.port}`;
    this.addDeployment(identity, store, replicas, props);
    addDisruptionBudget(this, identity);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: 'http',
      containerPort: HTTP.port,
      tls: tls !== undefined,
    };
  }

  private addDeployment(
    identity: Identity,
    store: BoundStore,
    replicas: Replicas,
    props: ComponentRepositoryProps,
  ): void {
    const spec = {
      ...podBasics(this, USERS.runtime, props),
      // Uploads in progress finish.
      terminationGracePeriodSeconds: 60,
      topologySpreadConstraints: toSpread(identity.selector),
      containers: [this.toContainer(store, props)],
      volumes: [...(store.volume ? [store.volume] : []), ...this.secretVolumes(props), emptyDirVolume('tmp')],
    };
    // Only one pod may open an embedded store.
    const strategy = { type: store.singleWriter ? 'Recreate' : 'RollingUpdate' };
    addDeployment(this, { identity, spec, options: props }, { replicas: replicas.min, strategy });
  }

  private toContainer(store: BoundStore, props: ComponentRepositoryProps): k8s.Container {
    const resources =
      props.resources ??
      Resources.burstable({
        requests: { cpu: Cpu.millis(100), memory: Size.mebibytes(256) },
        limits: { cpu: Cpu.units(1), memory: Size.mebibytes(512) },
      });
    return {
      name: 'repository',
      image: imageReference(this, props.image, 'runtime'),
      imagePullPolicy: 'IfNotPresent',
      command: ['mis-repository'],
      args: ['--http', listenAddress(this, HTTP.port), ...accessArguments(props)],
      env: toEnvironment(this, { ...store.environment, ...props.environment }),
      ports: containerPorts([HTTP]),
      resources: resources._toKube(),
      securityContext: restrictedContainer(),
      startupProbe: httpProbe(
        'http',
        '/healthz',
        { period: 2, timeout: 5, failures: 60 },
        props.tls !== undefined,
      ),
      readinessProbe: httpProbe(
        'http',
        '/readyz',
        { period: 5, timeout: 5, failures: 3 },
        props.tls !== undefined,
      ),
      livenessProbe: httpProbe(
        'http',
        '/healthz',
        { period: 10, timeout: 5, failures: 6 },
        props.tls !== undefined,
      ),
      volumeMounts: [
        ...(store.mount ? [store.mount] : []),
        ...this.secretVolumes(props).map(({ name }) => readOnlyMount(name, secretPath(name))),
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
  }

  private secretVolumes({ access, tls }: ComponentRepositoryProps): k8s.Volume[] {
    return [
      ...(access ? [secretVolume('tokens', access._tokens.secret, { tokens: access._tokens.key })] : []),
      ...(tls ? [secretVolume('tls', tls.secret, { 'tls.crt': 'tls.crt', 'tls.key': 'tls.key' })] : []),
    ];
  }
}

function accessArguments({ access, tls }: ComponentRepositoryProps): string[] {
  const path = secretPath('tls');
  return [
    ...(access ? ['--tokens', `${secretPath('tokens')}/tokens`] : []),
    ...(access?._publicRead ? ['--public-read'] : []),
    ...(tls ? ['--tls-cert', `${path}/tls.crt`, '--tls-key', `${path}/tls.key`] : []),
  ];
}
