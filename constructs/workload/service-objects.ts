import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type Exposure } from './exposure';
import { kubeObject } from '../private/kube-object';
import { type Identity } from '../private/labels';

/** A port of a workload: the container's and its Services'. */
export interface Port {
  readonly name: string;
  readonly port: number;
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
        selector: identity.selector,
        ports: ports.map((port, index) => ({
          ...servicePort(port),
          nodePort: index === 0 ? exposure?.port : undefined,
        })),
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
