import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { CHECKSUM_ANNOTATION } from '../private/checksum';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { sizeQuantity } from '../private/volumes';

/** The pods that a workload makes. */
export interface WorkloadPods {
  readonly identity: Identity;
  readonly spec: k8s.PodSpec;
  /** Digest of what the pods read only at start: when it changes, the pods are replaced. */
  readonly checksum?: string;
}

export interface DeploymentOptions {
  /** Undefined where an autoscaler sets the number: each apply would fight it. */
  readonly replicas: number | undefined;
  readonly strategy?: k8s.DeploymentStrategy;
  readonly progressDeadlineSeconds?: number;
}

export interface StatefulSetOptions {
  /** Undefined where an autoscaler sets the number: each apply would fight it. */
  readonly replicas: number | undefined;
  /** Name of the headless Service. */
  readonly serviceName: string;
  readonly volumeClaimTemplates?: k8s.KubePersistentVolumeClaimProps[];
}

export function addDeployment(scope: Construct, pods: WorkloadPods, options: DeploymentOptions): void {
  kubeObject(scope, 'Resource', k8s.KubeDeployment.manifest(workload(pods, options)));
}

/** A StatefulSet whose pods start and stop side by side. Its volumes outlive it. */
export function addStatefulSet(scope: Construct, pods: WorkloadPods, options: StatefulSetOptions): void {
  const retention = options.volumeClaimTemplates && { whenDeleted: 'Retain', whenScaled: 'Retain' };
  const settings = {
    podManagementPolicy: 'Parallel',
    persistentVolumeClaimRetentionPolicy: retention,
    ...options,
  };
  kubeObject(scope, 'Resource', k8s.KubeStatefulSet.manifest(workload(pods, settings)));
}

/** A pod on every node that the pods' selector and tolerations let it run on. */
export function addDaemonSet(
  scope: Construct,
  pods: WorkloadPods,
  rollingUpdate?: k8s.RollingUpdateDaemonSet,
): void {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
  kubeObject(scope, 'Resource', k8s.KubeDaemonSet.manifest(workload(pods, { updateStrategy })));
}

function workload<T extends object>(pods: WorkloadPods, settings: T) {
  const { name, labels, selector } = pods.identity;
  return {
    metadata: { name, labels },
    spec: { selector: { matchLabels: selector }, template: podTemplate(pods), ...settings },
  };
}

/** The template of a workload's pods, or of a Job's. */
export function podTemplate({ identity, spec, checksum }: WorkloadPods): k8s.PodTemplateSpec {
  const annotations = checksum === undefined ? undefined : { [CHECKSUM_ANNOTATION]: checksum };
  return { metadata: { labels: identity.labels, annotations }, spec };
}

/** Node drains evict one pod of the workload at a time, and broken pods at once. */
export function addDisruptionBudget(scope: Construct, identity: Identity): void {
  kubeObject(
    scope,
    'DisruptionBudget',
    k8s.KubePodDisruptionBudget.manifest({
      metadata: { name: identity.name, labels: identity.labels },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: identity.selector },
      },
    }),
  );
}

export function addClaim(
  scope: Construct,
  id: string,
  name: string,
  labels: Record<string, string>,
  spec: k8s.PersistentVolumeClaimSpec,
): void {
  kubeObject(scope, id, k8s.KubePersistentVolumeClaim.manifest({ metadata: { name, labels }, spec }));
}

/** A claim for a disk that one node mounts. */
export function claimSpec(
  size: Parameters<typeof sizeQuantity>[0],
  storageClass?: string,
): k8s.PersistentVolumeClaimSpec {
  return {
    accessModes: ['ReadWriteOnce'],
    storageClassName: storageClass,
    resources: { requests: { storage: sizeQuantity(size) } },
  };
}
