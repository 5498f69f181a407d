import { k8s } from 'cdk8s-plus-27';
import { type Construct, type IConstruct } from 'constructs';
import { refuse } from '../private/checks';
import { isDualStack } from '../private/network-context';
import { type Exposure } from './exposure';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';

/** A port of a workload: of its containers, its headless Service and, unless that has another, its Service. */
export interface Port {
  readonly name: string;
  readonly port: number;
  /** Port of the Service. @default - the container's */
  readonly servicePort?: number;
  /** Announces HTTP/2 without TLS to gateways and meshes. */
  readonly http2?: boolean;
}

/** The Service that clients use; connections (not streams) are spread over the pods. */
export function addService(
  scope: Construct,
  identity: Identity,
  ports: readonly Port[],
  exposure?: Exposure,
): void {
  const annotations = exposure?.annotations ?? {};
  if (exposure?.port !== undefined) claimNodePort(scope, exposure.port);
  kubeObject(
    scope,
    'Service',
    k8s.KubeService.manifest({
      metadata: {
        name: identity.name,
        labels: identity.labels,
        annotations: Object.keys(annotations).length > 0 ? { ...annotations } : undefined,
      },
      spec: {
        type: exposure?._type ?? 'ClusterIP',
        ipFamilyPolicy: ipFamilyPolicy(scope),
        selector: identity.selector,
        ports: ports.map((port, index) => ({
          ...servicePort(port),
          port: port.servicePort ?? port.port,
          nodePort: index === 0 ? exposure?.port : undefined,
        })),
        externalTrafficPolicy: exposure?._keepsClientAddress ? 'Local' : undefined,
        loadBalancerClass: exposure?._loadBalancerClass,
        loadBalancerSourceRanges: exposure?.sourceRanges.length ? [...exposure.sourceRanges] : undefined,
      },
    }),
  );
}

/** The Service whose name resolves to the addresses of the pods, for clients that balance. */
export function addHeadlessService(
  scope: Construct,
  identity: Identity,
  ports: readonly Port[],
  options: { readonly publishNotReady?: boolean } = {},
): string {
  const name = `${identity.name}-headless`;
  kubeObject(
    scope,
    'HeadlessService',
    k8s.KubeService.manifest({
      metadata: { name, labels: identity.labels },
      spec: {
        clusterIp: 'None',
        ipFamilyPolicy: ipFamilyPolicy(scope),
        publishNotReadyAddresses: options.publishNotReady ?? false,
        selector: identity.selector,
        ports: ports.map(servicePort),
      },
    }),
  );
  return name;
}

export function containerPorts(ports: readonly Port[]): k8s.ContainerPort[] {
  return ports.map(({ name, port }) => ({ name, containerPort: port }));
}

function servicePort({ name, port, http2 }: Port): k8s.ServicePort {
  return {
    name,
    port,
    targetPort: k8s.IntOrString.fromString(name),
    appProtocol: http2 === true ? 'kubernetes.io/h2c' : undefined,
  };
}

/** Undefined: one address, of the cluster's first family. */
function ipFamilyPolicy(scope: Construct): string | undefined {
  return isDualStack(scope) ? 'PreferDualStack' : undefined;
}

const nodePorts = new WeakMap<IConstruct, Map<number, string>>();

/** A port of the nodes belongs to one Service of the cluster. */
function claimNodePort(scope: Construct, port: number): void {
  const claimed = nodePorts.get(scope.node.root) ?? new Map<number, string>();
  nodePorts.set(scope.node.root, claimed);
  const owner = claimed.get(port);
  if (owner !== undefined)
    refuse(scope, 'exposure', port, `a port of the nodes that '${owner}' does not have`);
  claimed.set(port, scope.node.path);
}
