import { ApiObject, Chart, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse } from '../private/checks';
import { checksum, CHECKSUM_ANNOTATION } from '../private/checksum';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { namespaceOf } from '../private/names';
import { sizeQuantity } from '../private/volumes';
import { type PodOptions, podOptions, withPodOptions } from './pod-options';

/** The pods that a workload makes. */
export interface WorkloadPods {
  readonly identity: Identity;
  readonly spec: k8s.PodSpec;
  /** Digest of what the pods read only at start: when it changes, the pods are replaced. */
  readonly checksum?: string;
  /** Names of volumes whose files running pods reload. @default - none */
  readonly reloaded?: readonly string[];
  readonly options?: PodOptions;
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
  kubeObject(scope, 'Resource', k8s.KubeDeployment.manifest(workload(scope, pods, options)));
}

/** A StatefulSet whose pods start and stop side by side. Its volumes outlive it. */
export function addStatefulSet(scope: Construct, pods: WorkloadPods, options: StatefulSetOptions): void {
  const retention = options.volumeClaimTemplates && { whenDeleted: 'Retain', whenScaled: 'Retain' };
  const settings = {
    podManagementPolicy: 'Parallel',
    persistentVolumeClaimRetentionPolicy: retention,
    ...options,
  };
  kubeObject(scope, 'Resource', k8s.KubeStatefulSet.manifest(workload(scope, pods, settings)));
}

/** A pod on every node that the pods' selector and tolerations let it run on. */
export function addDaemonSet(
  scope: Construct,
  pods: WorkloadPods,
  rollingUpdate?: k8s.RollingUpdateDaemonSet,
): void {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
  kubeObject(scope, 'Resource', k8s.KubeDaemonSet.manifest(workload(scope, pods, { updateStrategy })));
}

function workload<T extends object>(scope: Construct, pods: WorkloadPods, settings: T) {
  const { name, labels, selector } = pods.identity;
  return {
    metadata: { name, labels },
    spec: { selector: { matchLabels: selector }, template: podTemplate(scope, pods), ...settings },
  };
}

/**
 * A Job. It cannot be changed on the cluster: with another content it gets another name, `<name>-<digest>`, so that it can be
 * applied again. Nothing deletes it, because the next apply would run it once more.
 */
export function addJob(
  scope: Construct,
  pods: WorkloadPods,
  digest: (template: k8s.PodTemplateSpec) => string,
  settings: Omit<k8s.JobSpec, 'template'>,
): ApiObject {
  if (pods.options?.sidecars?.length)
    refuse(scope, 'sidecars', 'given', 'left out: a Job does not end while a sidecar runs');
  const { name, labels } = pods.identity;
  const template = podTemplate(scope, { ...pods, options: { ...pods.options, sidecars: [] } });
  const original = digest(template).slice(0, 8);
  const metadata = { name: `${name}-${original}`, labels };
  const job = kubeObject(
    scope,
    'Resource',
    k8s.KubeJob.manifest({ metadata, spec: { ...settings, template } }),
  );
  job.node.addValidation({
    validate: () => {
      const patches = [patchesOf(job), patchedFiles(scope, pods)];
      if (patches.every((list) => list.length === 0)) return [];
      const { spec } = job.toJson() as { spec: unknown };
      const renamed = `${name}-${checksum([original, spec, patches[1]]).slice(0, 8)}`;
      Object.assign(job, { name: renamed });
      Object.assign(job.metadata, { name: renamed });
      return [];
    },
  });
  return job;
}

/** The template of a workload's pods, or of a Job's. */
function podTemplate(scope: Construct, pods: WorkloadPods): k8s.PodTemplateSpec {
  const { identity, spec, checksum: digest, options } = pods;
  // Patches of ConfigMaps are known at synth.
  const final = () => {
    const patched = patchedFiles(scope, pods);
    return patched.length === 0 ? digest : checksum([digest, patched]);
  };
  const annotations =
    digest === undefined ? undefined : { [CHECKSUM_ANNOTATION]: Lazy.any({ produce: final }) as string };
  const template = { metadata: { labels: identity.labels, annotations }, spec };
  return withPodOptions(scope, identity, template, podOptions(scope, options));
}

/** Contents of the pods' ConfigMaps that were patched after they were made. */
function patchedFiles(scope: Construct, { spec, reloaded = [] }: WorkloadPods): unknown[] {
  const names = (spec.volumes ?? [])
    .filter(({ name }) => !reloaded.includes(name))
    .flatMap(({ configMap, projected }) => [
      configMap,
      ...(projected?.sources ?? []).map((source) => source.configMap),
    ])
    .map((configMap) => configMap?.name);
  return Chart.of(scope)
    .node.findAll()
    .flatMap((object) => {
      if (!ApiObject.isApiObject(object) || object.kind !== 'ConfigMap' || !names.includes(object.name))
        return [];
      if (object.metadata.namespace !== namespaceOf(scope) || patchesOf(object).length === 0) return [];
      const { data, binaryData } = object.toJson() as { data?: unknown; binaryData?: unknown };
      return [[data, binaryData]];
    });
}

function patchesOf(object: ApiObject): unknown[] {
  return Reflect.get(object, 'patches') as unknown[];
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
