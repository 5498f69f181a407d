import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';
import { requireAnnotations } from '../private/metadata-rules';
import { requireObjectName } from '../private/names';

export interface ServiceAccountOptions {
  /**
   * Annotations, e.g. `eks.amazonaws.com/role-arn`.
   *
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Whether pods get a token for the Kubernetes API.
   *
   * @default false
   */
  readonly mountToken?: boolean;
}

/** Identity of pods for the Kubernetes API and for clouds. */
export class ServiceAccount {
  /** A new account with the workload's name. */
  static create({ annotations = {}, mountToken = false }: ServiceAccountOptions = {}): ServiceAccount {
    requireAnnotations('ServiceAccount.create', 'annotations', annotations);
    return new ServiceAccount(undefined, mountToken, annotations);
  }

  /** An account that exists already in the namespace. */
  static named(
    name: string,
    { mountToken = false }: Pick<ServiceAccountOptions, 'mountToken'> = {},
  ): ServiceAccount {
    requireObjectName('ServiceAccount.named', 'name', name);
    return new ServiceAccount(name, mountToken, {});
  }

  private constructor(
    private readonly name: string | undefined,
    /** @internal */
    readonly _mountToken: boolean,
    private readonly annotations: Readonly<Record<string, string>>,
  ) {}

  /** Name of the account, which is created unless it exists. @internal */
  _bind(scope: Construct, { name, labels }: Identity): string {
    if (this.name !== undefined) return this.name;
    const annotations = Object.keys(this.annotations).length > 0 ? { ...this.annotations } : undefined;
    kubeObject(
      scope,
      'ServiceAccount',
      k8s.KubeServiceAccount.manifest({
        metadata: { name, labels, annotations },
        automountServiceAccountToken: false,
      }),
    );
    return name;
  }
}
