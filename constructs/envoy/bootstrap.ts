import { type Balancing } from './balancing';
import { type Address, address, type Extension, type StringMatcher } from './api-types';
import {
  adminCluster,
  type CircuitBreakerLimits,
  type Cluster,
  type Endpoint,
  inferenceCluster,
} from './cluster';
import { inferenceListener, type Listener, observationListener } from './listener';
import { type ListenerTls } from './listener-tls';

/**
 * The part of Envoy's bootstrap (API v3) that this package writes, in Envoy's own spelling. A misspelt or unknown field does
 * not compile.
 */
export interface Bootstrap {
  /** Without a name Envoy reads no certificates from files. */
  readonly node: { readonly id: string; readonly cluster: string };
  readonly admin: { readonly address: Address; readonly allow_paths: readonly StringMatcher[] };
  readonly static_resources: {
    readonly listeners: readonly Listener[];
    readonly clusters: readonly Cluster[];
  };
  readonly overload_manager: { readonly resource_monitors: readonly Extension[] };
}

export interface BootstrapOptions {
  readonly endpoints: readonly Endpoint[];
  readonly balancing: Balancing;
  readonly limits: CircuitBreakerLimits;
  readonly port: number;
  /** Whether to listen on IPv6 addresses too. @default false */
  readonly ipv6?: boolean;
  /** Port of readiness and metrics. */
  readonly observationPort: number;
  /** Port of the administration, on the loopback address. */
  readonly adminPort: number;
  readonly drainSeconds: number;
  readonly maxStreamsPerConnection: number;
  readonly maxConnections: number;
  readonly tls?: ListenerTls;
}

/** Envoy's whole configuration. It is static: only the addresses behind a name change. */
export function buildBootstrap(options: BootstrapOptions): Bootstrap {
  return {
    node: { id: 'envoy', cluster: 'inference' },
    admin: {
      address: address('127.0.0.1', options.adminPort),
      allow_paths: [{ exact: '/ready' }, { prefix: '/stats' }, { prefix: '/drain_listeners' }],
    },
    static_resources: {
      listeners: [inferenceListener(options), observationListener(options.observationPort, options.ipv6)],
      clusters: [
        inferenceCluster(options.endpoints, options.balancing, options.limits),
        adminCluster(options.adminPort),
      ],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            max_active_downstream_connections: options.maxConnections,
          },
        },
      ],
    },
  };
}
