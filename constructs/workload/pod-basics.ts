import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { Images } from '../images';
import { type Placement, toPlacement } from './placement';
import { restrictedPod } from '../private/security';

type Basics = Pick<
  k8s.PodSpec,
  | 'automountServiceAccountToken'
  | 'enableServiceLinks'
  | 'securityContext'
  | 'imagePullSecrets'
  | 'nodeSelector'
  | 'tolerations'
  | 'priorityClassName'
>;

/** What every restricted pod of this package has: no token, no service variables, a numeric user, its placement. */
export function podBasics(scope: Construct, user: number, placement: Placement = {}): Basics {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod(user),
    imagePullSecrets: pullSecrets(scope),
    ...toPlacement(scope, placement),
  };
}

export function pullSecrets(scope: Construct): k8s.LocalObjectReference[] | undefined {
  const names = Images._pullSecrets(scope);
  return names.length > 0 ? names.map((name) => ({ name })) : undefined;
}
