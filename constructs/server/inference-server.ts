import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Connections } from '../network/connections';
import { Peer } from '../network/peer';
import { type BoundComponents } from '../pipeline/component-source';
import { fetchedComponents } from '../pipeline/fetched-components';
import { InferencePipeline } from '../pipeline/inference-pipeline';
import { ModelCheck } from '../pipeline/model-check';
import { refuse, requireInstance, requireNumber } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { identify, type Identity } from '../private/labels';
import { namespaceOf, serviceHost } from '../private/names';
import { addHeadlessService, addService, type Port } from '../private/service-objects';
import { addDisruptionBudget, addVerticalScaling } from '../private/workload-objects';
import { HorizontalAutoscaler } from '../scaling/horizontal-autoscaler';
import { Replicas } from '../scaling/replicas';
import { Exposure } from '../workload/exposure';
import { Resources } from '../workload/resources';
import { type IMonitored, type ScrapeTarget } from '../monitoring/scrape-target';
import { type IInferenceBackend } from './inference-backend';
import { type InferenceServerProps, WorkloadKind } from './inference-server-props';
import { renderServerPod, SERVER_CONTAINER } from './server-pod';
import { Rollout, toStrategy } from './rollout';
import { ServerAccess } from './server-access';
import { ServerTls } from './server-tls';
import { Traces } from './traces';

const METRICS: Port = { name: 'metrics', port: 9000 };

/**
 * Inference servers that serve one or several pipelines over gRPC: pods behind a Service and a headless Service (`…-headless`),
 * with probes, disruption budget, NetworkPolicy, the pipelines' ConfigMaps and, where the number of replicas is a range, an
 * autoscaler. A pod is ready when every pipeline is loaded and warm; a pod that stops finishes what is in flight first.
 *
 * It balances nothing: a gRPC client keeps to one pod of the Service. Put an {@link EnvoyLoadBalancer} in front of several.
 *
 * @example
 * const server = new InferenceServer(ml, 'fall', {
 *   pipelines: [fallDetection],
 *   repository,
 *   replicas: Replicas.between(2, 8),
 * });
 */
export class InferenceServer extends Construct implements IInferenceBackend, IMonitored {
  readonly connections: Connections;
  readonly serviceName: string;
  /** Host of the Service. */
  readonly host: string;
  readonly headlessHost: string;
  readonly grpcPort = 50051;
  readonly speaksTls: boolean;
  readonly pipelines: readonly InferencePipeline[];
  private readonly ports: readonly Port[];
  /** What Prometheus scrapes. */
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: InferenceServerProps) {
    super(scope, id);
    const identity = identify(this, 'inference-server');
    this.pipelines = this.toPipelines(props.pipelines);
    const components = this.bindComponents(props, identity);

    this.connections = new Connections(this, identity);
    const exposure = props.exposure ?? Exposure.cluster();
    for (const caller of props.callers ?? [exposure.external ? Peer.anywhere() : Peer.sameNamespace()]) {
      this.connections.allowFrom(caller, this.grpcPort);
    }
    requireAdditions(this, props);
    if (props.traces) this.connections.allowTo(props.traces._collector, props.traces._port);
    this.speaksTls = props.tls !== undefined;
    if (props.repository) this.connections.connectTo(props.repository, props.repository.port);

    // Plain HTTP/2 is announced to gateways; over TLS they find out by themselves.
    this.ports = [{ name: 'grpc', port: this.grpcPort, http2: !this.speaksTls }, METRICS];
    addService(this, identity, this.ports, exposure);
    this.serviceName = identity.name;
    this.host = serviceHost(this, identity.name);
    this.headlessHost = serviceHost(this, addHeadlessService(this, identity, this.ports));
    this.addWorkload(identity, components, props);
    this.scrapeTarget = {
      job: identity.app,
      workload: this,
      selector: identity.selector,
      port: 'metrics',
      containerPort: 9000,
    };
  }

  private addWorkload(
    identity: Identity,
    components: readonly BoundComponents[],
    props: InferenceServerProps,
  ): void {
    const kind = props.workload ?? WorkloadKind.DEPLOYMENT;
    const replicas = requireInstance(
      this,
      'replicas',
      props.replicas ?? Replicas.fixed(1),
      Replicas,
      'Replicas.fixed(2)',
    );
    const resources = requireInstance(
      this,
      'resources',
      props.resources ?? Resources.guaranteed(Cpu.units(2), Size.gibibytes(2)),
      Resources,
      'Resources.guaranteed(Cpu.units(2), Size.gibibytes(2))',
    );
    const times = {
      drain: props.drainTimeout ?? Duration.seconds(30),
      startup: props.startupTimeout ?? Duration.minutes(10),
    };
    requireNumber(this, 'drainTimeout', times.drain.toSeconds({ integral: false }), 1, 3600);
    requireNumber(this, 'startupTimeout', times.startup.toSeconds({ integral: false }), 5, 86_400);
    const template = renderServerPod(this, {
      props,
      identity,
      components,
      resources,
      times,
      pipelines: this.pipelines,
      ports: this.ports,
    });
    this.addPods(kind, identity, replicas, template, props);
    addDisruptionBudget(this, identity);
    this.addScaling(kind, identity, replicas, props);
  }

  private addPods(
    kind: WorkloadKind,
    identity: Identity,
    replicas: Replicas,
    template: k8s.PodTemplateSpec,
    props: InferenceServerProps,
  ): void {
    const metadata = { name: identity.name, labels: identity.labels };
    const selector = { matchLabels: identity.selector };
    const count = replicas.autoscaled ? undefined : replicas.min;
    if (kind === WorkloadKind.STATEFUL_SET) {
      if (props.rollout !== undefined) {
        refuse(this, 'rollout', props.rollout, 'left out: a StatefulSet always replaces pods in their place');
      }
      const spec = {
        replicas: count,
        selector,
        template,
        serviceName: `${identity.name}-headless`,
        podManagementPolicy: 'Parallel',
      };
      kubeObject(this, 'Resource', k8s.KubeStatefulSet.manifest({ metadata, spec }));
      return;
    }
    const rollout = props.rollout ?? (props.gpu ? Rollout.REPLACE : Rollout.SURGE);
    const progressDeadlineSeconds = (props.startupTimeout ?? Duration.minutes(10)).toSeconds() + 60;
    const spec = {
      replicas: count,
      selector,
      template,
      strategy: toStrategy(rollout),
      progressDeadlineSeconds,
    };
    kubeObject(this, 'Resource', k8s.KubeDeployment.manifest({ metadata, spec }));
  }

  private addScaling(
    kind: WorkloadKind,
    identity: Identity,
    replicas: Replicas,
    props: InferenceServerProps,
  ): void {
    if (props.verticalScaling) {
      const onCpu = replicas.signals.some((signal) => signal._kind === 'cpu');
      if (props.verticalScaling._mode !== 'Off' && onCpu) {
        refuse(
          this,
          'verticalScaling',
          'VerticalScaling.atStart',
          'VerticalScaling.recommend() where replicas follow the CPU: both would answer one load',
        );
      }
      addVerticalScaling(this, identity, kind, SERVER_CONTAINER, props.verticalScaling);
    }
    if (replicas.autoscaled) {
      const target = { kind, name: identity.name };
      new HorizontalAutoscaler(this, 'Autoscaler', { target, labels: identity.labels, replicas });
    }
  }

  private toPipelines(given: InferenceServerProps['pipelines']): InferencePipeline[] {
    if (!Array.isArray(given) || given.length === 0) {
      refuse(this, 'pipelines', given, 'at least one pipeline document or InferencePipeline');
    }
    const pipelines = Array.from(given as InferenceServerProps['pipelines'], (pipeline) => {
      if (!(pipeline instanceof InferencePipeline)) {
        return new InferencePipeline(this, String(pipeline.name), { document: pipeline });
      }
      if (namespaceOf(pipeline) === namespaceOf(this)) return pipeline;
      return refuse(
        this,
        'pipelines',
        pipeline.node.path,
        "made in the server's own namespace: a pod mounts no other",
      );
    });
    const names = pipelines.map(({ document }) => document.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(this, 'pipelines', twice, 'pipelines with names of their own');
    return pipelines;
  }

  private bindComponents(props: InferenceServerProps, identity: Identity): readonly BoundComponents[] {
    const { repository, components, fetchRoom = Size.gibibytes(5) } = props;
    if (!repository && !components) {
      refuse(
        this,
        'components',
        components,
        'a folder, a volume or a path in the image, or else there must be a repository',
      );
    }
    const bound = components?._bind(this, identity);
    const folder = components?._folder;
    if (folder)
      new ModelCheck(
        this,
        this.pipelines.map(({ _file }) => _file),
        folder,
        repository !== undefined,
      );
    if (!repository || bound?.writable) return bound ? [bound] : [];
    // First of all: it is where the server keeps what it fetches.
    return [fetchedComponents(fetchRoom), ...(bound ? [bound] : [])];
  }
}

function requireAdditions(server: InferenceServer, { tls, access, traces }: InferenceServerProps): void {
  if (tls !== undefined) requireInstance(server, 'tls', tls, ServerTls, "ServerTls.fromSecret('server-tls')");
  if (access !== undefined) {
    const example = "ServerAccess.byToken({ tokens: SecretKey.of('inference-tokens', 'tokens') })";
    requireInstance(server, 'access', access, ServerAccess, example);
  }
  if (traces !== undefined) {
    const example = "Traces.to('http://collector:4318', { collector: Peer.sameNamespace() })";
    requireInstance(server, 'traces', traces, Traces, example);
  }
}
