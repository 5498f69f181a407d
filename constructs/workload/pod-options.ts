import { Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { type Construct, type IConstruct } from 'constructs';
import { type ContainerImage, imageReference } from '../images';
import { refuse, requireInstance } from '../private/checks';
import { type Identity } from '../private/labels';
import { requireAnnotations, requireLabels } from '../private/metadata-rules';
import { requireLabel, requireObjectName } from '../private/names';
import { restrictedContainer } from '../private/security';
import { CertificateAuthorities } from './certificate-authorities';
import { type Environment, toEnvironment } from './environment';
import { type NodeTaint, toTolerations } from './node-pool';
import { type Placement } from './placement';
import { PodVolume } from './pod-volume';
import { Resources } from './resources';
import { ServiceAccount } from './service-account';

/** Any field of a pod, as cdk8s-plus spells it. */
export type PodPatch = DeepPartial<k8s.PodSpec>;

type DeepPartial<T> = T extends (infer E)[]
  ? DeepPartial<E>[]
  : T extends k8s.Quantity | k8s.IntOrString
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
      : T;

/** A container beside a workload's own. It runs as the pod's user, without capabilities, on a read-only root. */
export interface ExtraContainer {
  readonly name: string;
  readonly image: ContainerImage;
  /** @default - the image's */
  readonly command?: readonly string[];
  /** @default - the image's */
  readonly args?: readonly string[];
  /** @default - none */
  readonly environment?: Environment;
  /** @default - none */
  readonly volumes?: readonly PodVolume[];
  /** @default - requests 0.05 CPU and 64 MiB, limits 0.25 CPU and 256 MiB */
  readonly resources?: Resources;
}

/** What every workload takes: server, repository, balancer, database, monitoring, jobs and agents. */
export interface PodOptions extends Placement {
  /**
   * More labels of the pods.
   *
   * @default - none
   */
  readonly podLabels?: Readonly<Record<string, string>>;
  /**
   * More annotations of the pods.
   *
   * @default - none
   */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /**
   * Account of the pods.
   *
   * @default - the namespace's default, without a token
   */
  readonly serviceAccount?: ServiceAccount;
  /**
   * Directories for the workload's container: Secrets and ConfigMaps as files, claims, empty ones.
   *
   * @default - none
   */
  readonly volumes?: readonly PodVolume[];
  /**
   * Certificate authorities that the workload's container trusts beside the public ones.
   *
   * @default - none
   */
  readonly certificateAuthorities?: CertificateAuthorities;
  /**
   * Containers that end before the workload's container starts.
   *
   * @default - none
   */
  readonly initContainers?: readonly ExtraContainer[];
  /**
   * Containers beside the workload's. Not for jobs, which would not end.
   *
   * @default - none
   */
  readonly sidecars?: readonly ExtraContainer[];
  /**
   * Affinity to nodes and pods.
   *
   * @default - none
   */
  readonly affinity?: PodPatch['affinity'];
  /**
   * Taints that the pods tolerate, beside those of `nodes`.
   *
   * @default - none
   */
  readonly tolerations?: readonly NodeTaint[];
  /**
   * Name of a RuntimeClass.
   *
   * @default - the cluster's default
   */
  readonly runtimeClass?: string;
  /**
   * Any other field of the pods. Maps are merged, lists of named things by name; other lists are replaced.
   *
   * @default - none
   */
  readonly podPatch?: PodPatch;
}

/** What agents on nodes take: they are where their nodes are. */
export type AgentOptions = Omit<PodOptions, keyof Placement>;

const DEFAULTS_KEY = 'modular-inference-stack/pods';

/** Options of all pods below a construct. */
export class PodDefaults {
  /**
   * Sets options for every workload below `scope`, usually the App. Labels and annotations of a workload are added to them, its
   * other options replace them. Must be called before `scope` gets its first child.
   *
   * @example
   * PodDefaults.configure(app, { podLabels: { 'cost-centre': '4711' } });
   */
  static configure(scope: IConstruct, options: AgentOptions): void {
    if (scope.node.children.length > 0) {
      const allowed = 'a construct without children: call it before they are made';
      refuse('PodDefaults.configure', 'scope', scope.node.path, allowed);
    }
    scope.node.setContext(DEFAULTS_KEY, options);
  }
}

/** Options of a workload, with the defaults for its scope. @internal */
export function podOptions(scope: Construct, own: PodOptions = {}): PodOptions {
  const defaults = (scope.node.tryGetContext(DEFAULTS_KEY) as PodOptions | undefined) ?? {};
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return {
    ...defaults,
    ...given,
    podLabels: { ...defaults.podLabels, ...own.podLabels },
    podAnnotations: { ...defaults.podAnnotations, ...own.podAnnotations },
  };
}

/** Applies options to a pod whose first container is the workload's own. @internal */
export function withPodOptions(
  scope: Construct,
  identity: Identity,
  template: k8s.PodTemplateSpec,
  options: PodOptions,
): k8s.PodTemplateSpec {
  const { metadata, spec } = template;
  const labels = requireLabels(scope, 'podLabels', options.podLabels ?? {});
  const reserved = Object.keys(labels).find((key) => key in identity.selector);
  if (reserved !== undefined)
    refuse(scope, 'podLabels', reserved, 'other labels than those that select the pods');
  const annotations = {
    ...metadata?.annotations,
    ...requireAnnotations(scope, 'podAnnotations', options.podAnnotations ?? {}),
  };
  const [container, ...others] = spec?.containers ?? [];
  if (spec === undefined || container === undefined) return template;
  const names = new VolumeNames();
  const authorities = toAuthorities(scope, options);
  const own = [...toVolumes(scope, options.volumes), ...(authorities ? [authorities._volume] : [])];
  const environment = new Set((container.env ?? []).map(({ name }) => name));
  const trust = Object.entries(authorities?._environment() ?? {}).filter(([name]) => !environment.has(name));
  const env = [...(container.env ?? []), ...trust.map(([name, value]) => ({ name, value }))];
  const mounts = [
    ...(container.volumeMounts ?? []),
    ...own.map((volume) => volume._toMount(names.of(volume))),
  ];
  const extra = (list: readonly ExtraContainer[] = []) =>
    list.map((given) =>
      toContainer(scope, given, [container.name, ...others.map(({ name }) => name)], names),
    );
  const initContainers = [...(spec.initContainers ?? []), ...extra(options.initContainers)];
  const containers = [
    { ...container, env: orUndefined(env), volumeMounts: orUndefined(mounts) },
    ...others,
    ...extra(options.sidecars),
  ];
  if (options.runtimeClass !== undefined) requireObjectName(scope, 'runtimeClass', options.runtimeClass);
  const account =
    options.serviceAccount &&
    requireInstance(
      scope,
      'serviceAccount',
      options.serviceAccount,
      ServiceAccount,
      "ServiceAccount.named('ml')",
    );
  const tolerations = [...(spec.tolerations ?? []), ...toTolerations(scope, options.tolerations ?? [])];
  const changed: k8s.PodSpec = {
    ...spec,
    containers,
    initContainers: orUndefined(initContainers),
    volumes: orUndefined([...(spec.volumes ?? []), ...names.toVolumes()]),
    tolerations: orUndefined(tolerations),
    affinity: merged(spec.affinity, options.affinity) as k8s.Affinity | undefined,
    runtimeClassName: options.runtimeClass ?? spec.runtimeClassName,
    ...(account && {
      serviceAccountName: spec.serviceAccountName ?? account._bind(scope, identity),
      automountServiceAccountToken: account._mountToken || spec.automountServiceAccountToken,
    }),
  };
  return {
    metadata: {
      ...metadata,
      labels: { ...labels, ...metadata?.labels },
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    },
    spec: merged(changed, options.podPatch) as k8s.PodSpec,
  };
}

function toAuthorities(scope: Construct, options: PodOptions): CertificateAuthorities | undefined {
  const { certificateAuthorities: given } = options;
  const example = "CertificateAuthorities.fromConfigMap('company-ca')";
  return given && requireInstance(scope, 'certificateAuthorities', given, CertificateAuthorities, example);
}

function toVolumes(scope: Construct, volumes: readonly PodVolume[] = []): readonly PodVolume[] {
  for (const volume of volumes)
    requireInstance(scope, 'volumes', volume, PodVolume, "PodVolume.secret('db-client', '/etc/db')");
  return volumes;
}

function toContainer(
  scope: Construct,
  given: ExtraContainer,
  taken: readonly string[],
  names: VolumeNames,
): k8s.Container {
  const { name, image, command, args, environment = {}, volumes, resources } = given;
  requireLabel(scope, 'initContainers, sidecars', name);
  if (taken.includes(name)) refuse(scope, 'sidecars', name, `other names than ${taken.join(', ')}`);
  const small = Resources.burstable({
    requests: { cpu: Cpu.millis(50), memory: Size.mebibytes(64) },
    limits: { cpu: Cpu.millis(250), memory: Size.mebibytes(256) },
  });
  if (image === undefined)
    refuse(scope, `container ${name}`, image, "with an image, e.g. ContainerImage.of('a/b:1')");
  return {
    name,
    image: imageReference(scope, image, 'runtime'),
    imagePullPolicy: 'IfNotPresent',
    command: command && [...command],
    args: args && [...args],
    env: toEnvironment(scope, environment),
    resources: (resources ?? small)._toKube(),
    securityContext: restrictedContainer(),
    volumeMounts: orUndefined(toVolumes(scope, volumes).map((volume) => volume._toMount(names.of(volume)))),
  };
}

/** One volume for each value, whatever containers it is in. */
class VolumeNames {
  private readonly volumes = new Map<PodVolume, string>();

  of(volume: PodVolume): string {
    const name = this.volumes.get(volume) ?? `extra-${this.volumes.size}`;
    this.volumes.set(volume, name);
    return name;
  }

  toVolumes(): k8s.Volume[] {
    return [...this.volumes].map(([volume, name]) => volume._toVolume(name));
  }
}

function orUndefined<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Maps are merged, lists of named things by name; everything else is replaced. */
function merged(value: unknown, patch: unknown): unknown {
  if (patch === undefined) return value;
  if (Array.isArray(value) && Array.isArray(patch) && patch.every(isNamed)) {
    const old = value.filter(isNamed);
    const kept = old.map((item) =>
      merged(
        item,
        patch.find(({ name }) => name === item.name),
      ),
    );
    return [...kept, ...patch.filter(({ name }) => !old.some((item) => item.name === name))];
  }
  if (!isMap(value) || !isMap(patch)) return patch;
  const keys = Object.keys(patch).filter((key) => patch[key] !== undefined);
  return { ...value, ...Object.fromEntries(keys.map((key) => [key, merged(value[key], patch[key])])) };
}

function isNamed(value: unknown): value is { readonly name: string } {
  return isMap(value) && typeof value.name === 'string';
}

/** Not a quantity, whose class has no fields of Kubernetes. */
function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
