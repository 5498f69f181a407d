import { type k8s } from 'cdk8s-plus-27';

/** Users of the images, numeric because `runAsNonRoot` cannot judge a name. */
export const USERS = {
  runtime: 1000,
  envoy: 101,
  mongodb: 999,
  prometheus: 65534,
  nodeExporter: 65534,
  grafana: 472,
} as const;

/** What Pod Security `restricted` asks of a pod. */
export function restrictedPod(user: number): k8s.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** What `restricted` asks of every container, and a root file system that cannot be written. */
export function restrictedContainer(): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
}
