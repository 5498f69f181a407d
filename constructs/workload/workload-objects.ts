import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type VerticalScaling } from '../scaling/vertical-scaling';
import { kubeObject } from './kube-object';
import { type Identity } from './labels';
import { sizeQuantity } from './volumes';

/** Node drains take one pod of the workload at a time, and never wait for one that is broken. */
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

export function addVerticalScaling(
  scope: Construct,
  identity: Identity,
  kind: 'Deployment' | 'StatefulSet',
  containerName: string,
  { _mode, bounds }: VerticalScaling,
): void {
  const amounts = (cpu = bounds.minCpu, memory = bounds.minMemory) => ({
    ...(cpu && { cpu: cpu.amount }),
    ...(memory && { memory: `${memory.toMebibytes()}Mi` }),
  });
  const [minAllowed, maxAllowed] = [amounts(), amounts(bounds.maxCpu, bounds.maxMemory)];
  kubeObject(scope, 'VerticalScaling', {
    apiVersion: 'autoscaling.k8s.io/v1',
    kind: 'VerticalPodAutoscaler',
    metadata: { name: identity.name, labels: identity.labels },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind, name: identity.name },
      updatePolicy: { updateMode: _mode },
      resourcePolicy: {
        containerPolicies: [
          {
            containerName,
            controlledResources: ['cpu', 'memory'],
            controlledValues: 'RequestsAndLimits',
            ...(Object.keys(minAllowed).length > 0 && { minAllowed }),
            ...(Object.keys(maxAllowed).length > 0 && { maxAllowed }),
          },
        ],
      },
    },
  });
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
