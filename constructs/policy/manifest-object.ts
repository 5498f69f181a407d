/** An object of a synthesized manifest, as YAML was read. */
export interface ManifestObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** The fields of a pod that rules look at. */
export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> };
  readonly securityContext?: SecurityContext;
  readonly readinessProbe?: object;
  readonly livenessProbe?: object;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

export interface SecurityContext {
  readonly privileged?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly seccompProfile?: { readonly type?: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}

/** The pod template of a workload, or of a CronJob's Job. */
export function podTemplate({ kind, spec }: ManifestObject): Template | undefined {
  if (kind === 'Pod') return { spec: spec as PodSpec };
  const jobSpec =
    kind === 'CronJob' ? (spec?.jobTemplate as { spec?: { template?: Template } })?.spec : undefined;
  return jobSpec?.template ?? (spec?.template as Template | undefined);
}

/** Containers of a workload's pods with the path that tells where they are. */
export function containersOf(
  object: ManifestObject,
): readonly { readonly path: string; readonly container: Container }[] {
  const pod = podTemplate(object)?.spec;
  const list = (kind: 'initContainers' | 'containers') =>
    (pod?.[kind] ?? []).map((container) => ({ path: `${kind}/${container.name}`, container }));
  return [...list('initContainers'), ...list('containers')];
}
