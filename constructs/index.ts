/**
 * Typed cdk8s constructs for the Modular Inference Stack.
 *
 *   const app = new App();
 *   const chart = new Chart(app, 'quality-gate');
 *   const ml = new StackNamespace(chart, 'ml');
 *   const repository = new ComponentRepository(ml, 'repository', { store: MongoDb.replicaSet(ml, 'mongo') });
 *   const server = new InferenceServer(ml, 'fall', {
 *     pipelines: [fallDetection],
 *     repository,
 *     replicas: Replicas.between(2, 8),
 *   });
 *   const edge = new EnvoyLoadBalancer(ml, 'edge', { backend: server });
 *   new Monitoring(ml, 'monitoring', { targets: [server, edge, repository] });
 *   app.synth();
 */
export { ContainerImage, type ImageName, Images, type ImagesOptions, PINNED_IMAGES } from './images';
export { ObjectMetadata, type ObjectMetadataOptions } from './object-metadata';
export { PropertyError } from './private/property-error';

export {
  definePipeline,
  type PipelineDocument,
  type PipelineDocumentInput,
  type StepInput,
} from '../runtime/definition';
export { ComponentSource, type VolumeComponentsOptions } from './pipeline/component-source';
export { InferencePipeline, type InferencePipelineProps } from './pipeline/inference-pipeline';

export { type IInferenceBackend } from './server/inference-backend';
export { type IssuedTokens, ServerAccess, type ServerAccessOptions } from './server/server-access';
export { ServerTls, type ServerTlsOptions } from './server/server-tls';
export { Traces, type TracesOptions } from './server/traces';
export {
  DocumentChange,
  InferenceServer,
  type InferenceServerProps,
  LogLevel,
  WorkloadKind,
} from './server/inference-server';
export { Rollout } from './server/rollout';

export { Replicas, type ReplicasBetweenOptions } from './scaling/replicas';
export {
  type CpuSignalOptions,
  type PodsMetricOptions,
  type PrometheusSignalOptions,
  type QueryOptions,
  type QueueTimeOptions,
  ScalingSignal,
} from './scaling/scaling-signal';
export { VerticalScaling, type VerticalScalingBounds } from './scaling/vertical-scaling';

export { CertificateAuthorities } from './workload/certificate-authorities';
export { type Environment } from './workload/environment';
export {
  Exposure,
  type LoadBalancerExposureOptions,
  type NodePortExposureOptions,
} from './workload/exposure';
export { NodePool, type NodePoolLabelledOptions, type NodeTaint } from './workload/node-pool';
export { CpuArchitecture, type Placement } from './workload/placement';
export {
  type AgentOptions,
  type ExtraContainer,
  PodDefaults,
  type PodOptions,
  type PodPatch,
} from './workload/pod-options';
export {
  type ClaimVolumeOptions,
  type EmptyVolumeOptions,
  PodVolume,
  type PodVolumeOptions,
} from './workload/pod-volume';
export { Resources, type ResourcesBurstableOptions } from './workload/resources';
export { SecretKey } from './workload/secret-key';
export { ServiceAccount, type ServiceAccountOptions } from './workload/service-account';

export { ComponentRepository, type ComponentRepositoryProps } from './repository/component-repository';
export { ExternalRepository, type ExternalRepositoryOptions } from './repository/external-repository';
export { RepositoryAccess, type RepositoryAccessOptions } from './repository/repository-access';
export { type IComponentRepository } from './repository/component-repository-reference';
export { type IComponentStore } from './repository/component-store';
export { EmbeddedStore, type EmbeddedStoreOptions } from './repository/embedded-store';
export { ExternalMongoDb, type ExternalMongoDbOptions } from './mongo/external-mongo-db';
export { MongoDb, type MongoDbProps, type MongoReplicaSetProps } from './mongo/mongo-db';

export { Balancing } from './envoy/balancing';
export { type CircuitBreakerLimits } from './envoy/cluster';
export { EnvoyLoadBalancer, type EnvoyLoadBalancerProps } from './envoy/envoy-load-balancer';
export { type GatewayReference, GrpcRoute, type GrpcRouteProps } from './envoy/grpc-route';
export { ListenerTls, type ListenerTlsOptions } from './envoy/listener-tls';

export { Alertmanager, type AlertmanagerOptions } from './monitoring/alertmanager';
export { RemoteWrite, type RemoteWriteOptions } from './monitoring/remote-write';
export { DcgmExporter, type DcgmExporterProps } from './monitoring/dcgm-exporter';
export { type GrafanaOptions } from './monitoring/grafana/grafana';
export { Monitoring, type MonitoringProps } from './monitoring/monitoring';
export { NodeExporter, type NodeExporterProps } from './monitoring/node-exporter';
export { type PrometheusOperatorOptions } from './monitoring/operator-monitors';
export { Prometheus, type PrometheusProps } from './monitoring/prometheus';
export { PrometheusStorage } from './monitoring/prometheus-storage';
export { type AlertThresholds } from './monitoring/rules/alert-rules';
export { type AlertRule, type RecordingRule, type RuleGroup } from './monitoring/rules/rule-group';
export { type IMonitored, type ScrapeTarget } from './monitoring/scrape-target';

export { Gpu, type GpuOptions } from './gpu/gpu';
export { GpuDevicePlugin, type GpuDevicePluginProps } from './gpu/gpu-device-plugin';
export { GpuOperatorSharing, type GpuOperatorSharingProps } from './gpu/gpu-operator-sharing';
export { GpuSharing, type MigOptions, type SharedGpuOptions } from './gpu/gpu-sharing';
export { NvidiaRuntimeClass } from './gpu/nvidia-runtime-class';

export { type BenchmarkTls } from './benchmark/benchmark-access';
export { BenchmarkJob, type BenchmarkJobProps } from './benchmark/benchmark-job';
export { type BenchmarkClaimOptions, BenchmarkResults } from './benchmark/benchmark-results';
export { BenchmarkTarget } from './benchmark/benchmark-target';
export { type BenchmarkProfile } from './benchmark/profile-file';

export { ClusterNetwork, type ClusterNetworkOptions, IpFamilies } from './network/cluster-network';
export { Connections, type IConnectable, type IConnections } from './network/connections';
export { Peer } from './network/peer';
export {
  type ExistingNamespaceProps,
  type NamespaceQuota,
  PodSecurity,
  StackNamespace,
  type StackNamespaceProps,
} from './tenancy/stack-namespace';

export { ComposeProject, type ComposeProjectProps, Inclusion } from './compose/compose-project';
export { PolicyCheck, type PolicyCheckProperties } from './policy/policy-check';
