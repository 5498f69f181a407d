import { k8s } from 'cdk8s-plus-27';

/** How pods of a Deployment are replaced. */
export enum Rollout {
  /** A new pod is ready before an old one goes; needs room for one more. */
  SURGE = 'surge',
  /** An old pod goes before a new one comes: for pods with a GPU that is not free until then. */
  REPLACE = 'replace',
}

/** @internal */
export function toStrategy(rollout: Rollout): k8s.DeploymentStrategy {
  const surge = rollout === Rollout.SURGE ? 1 : 0;
  return {
    type: 'RollingUpdate',
    rollingUpdate: {
      maxSurge: k8s.IntOrString.fromNumber(surge),
      maxUnavailable: k8s.IntOrString.fromNumber(1 - surge),
    },
  };
}
