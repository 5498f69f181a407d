import { Construct } from 'constructs';
import { Peer } from '../network/peer';
import { refuse } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { identify } from '../private/labels';
import { requireObjectName } from '../private/names';
import { type IInferenceBackend } from '../server/inference-backend';

export interface GatewayReference {
  readonly name: string;
  /** @default - the namespace of the route */
  readonly namespace?: string;
  /** Name of the gateway's listener. @default - every listener that takes gRPC */
  readonly listener?: string;
}

export interface GrpcRouteProps {
  /** The Gateway (`gateway.networking.k8s.io/v1`) that is in the cluster. */
  readonly gateway: GatewayReference;
  readonly backend: IInferenceBackend;
  /**
   * Hosts that clients call.
   *
   * @default - any
   */
  readonly hostnames?: readonly string[];
  /**
   * gRPC services that are routed, as `package.Service`.
   *
   * @default - all
   */
  readonly services?: readonly string[];
}

/**
 * A GRPCRoute of the Gateway API to inference servers, instead of an {@link EnvoyLoadBalancer}, where the cluster has a gateway.
 * The gateway balances; timeouts for long streams are set at the gateway.
 *
 * @example
 * new GrpcRoute(ml, 'route', { gateway: { name: 'public', namespace: 'gateways' }, backend: server, hostnames: ['fall.example'] });
 */
export class GrpcRoute extends Construct {
  constructor(scope: Construct, id: string, props: GrpcRouteProps) {
    super(scope, id);
    const { gateway, backend, hostnames = [], services = [] } = props;
    const identity = identify(this, 'inference-server');
    requireObjectName(this, 'gateway.name', gateway.name);
    for (const hostname of hostnames) requireObjectName(this, 'hostnames', hostname.replace(/^\*\./, ''));
    for (const service of services) {
      if (!/^[A-Za-z_][\w.]*$/.test(service))
        refuse(this, 'services', service, 'names such as extended_inference.ExtendedInferenceService');
    }
    backend.connections?.allowFrom(
      gateway.namespace === undefined ? Peer.sameNamespace() : Peer.namespace(gateway.namespace),
      backend.grpcPort,
    );
    kubeObject(this, 'Resource', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GRPCRoute',
      metadata: { name: identity.name, labels: identity.labels },
      spec: {
        parentRefs: [
          {
            name: gateway.name,
            ...(gateway.namespace !== undefined && { namespace: gateway.namespace }),
            ...(gateway.listener !== undefined && { sectionName: gateway.listener }),
          },
        ],
        ...(hostnames.length > 0 && { hostnames: [...hostnames] }),
        rules: [
          {
            ...(services.length > 0 && {
              matches: services.map((service) => ({ method: { type: 'Exact', service } })),
            }),
            backendRefs: [{ name: backend.serviceName, port: backend.servicePort ?? backend.grpcPort }],
          },
        ],
      },
    });
  }
}
