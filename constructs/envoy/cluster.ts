import { type Balancing } from './balancing';
import {
  address,
  type Address,
  BUFFER_BYTES,
  type Extension,
  http2Options,
  type Seconds,
  type Typed,
} from './api-types';

export interface Cluster {
  readonly name: string;
  readonly connect_timeout: Seconds;
  readonly type?: 'STATIC';
  readonly cluster_type?: Extension;
  readonly common_lb_config?: { readonly update_merge_window: Seconds };
  readonly ignore_health_on_host_removal?: boolean;
  readonly per_connection_buffer_limit_bytes?: number;
  readonly load_balancing_policy?: {
    readonly policies: readonly { readonly typed_extension_config: Extension }[];
  };
  readonly circuit_breakers?: { readonly thresholds: readonly Threshold[] };
  readonly outlier_detection?: OutlierDetection;
  readonly health_checks?: readonly HealthCheck[];
  readonly typed_extension_protocol_options?: Readonly<Record<string, Typed>>;
  readonly load_assignment: {
    readonly cluster_name: string;
    readonly endpoints: readonly { readonly lb_endpoints: readonly LbEndpoint[] }[];
  };
}

interface Threshold {
  readonly priority: 'DEFAULT';
  readonly max_connections: number;
  readonly max_pending_requests: number;
  readonly max_requests: number;
  readonly max_retries: number;
  readonly track_remaining: boolean;
}

interface OutlierDetection {
  readonly base_ejection_time: Seconds;
  readonly consecutive_local_origin_failure: number;
  readonly consecutive_gateway_failure: number;
  readonly enforcing_consecutive_gateway_failure: number;
  readonly enforcing_consecutive_5xx: number;
  readonly max_ejection_percent: number;
  readonly split_external_local_origin_errors: boolean;
}

interface HealthCheck {
  readonly timeout: Seconds;
  readonly interval: Seconds;
  readonly unhealthy_threshold: number;
  readonly healthy_threshold: number;
  readonly no_traffic_interval: Seconds;
  readonly grpc_health_check: { readonly service_name: string };
}

interface LbEndpoint {
  readonly endpoint: { readonly address: Address };
}

/** Address of inference servers: a name that resolves to one or several. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Limits over all servers together. */
export interface CircuitBreakerLimits {
  /** @default 4096 */
  readonly connections?: number;
  /** Open streams. @default 65536 */
  readonly streams?: number;
  /** Streams waiting for a connection. @default 4096 */
  readonly pending?: number;
  /** Concurrent retries. @default 16 */
  readonly retries?: number;
}

export const INFERENCE_CLUSTER = 'inference';
export const ADMIN_CLUSTER = 'admin';

/** The inference servers. */
export function inferenceCluster(
  endpoints: readonly Endpoint[],
  balancing: Balancing,
  limits: CircuitBreakerLimits,
): Cluster {
  return {
    name: INFERENCE_CLUSTER,
    connect_timeout: '2s',
    cluster_type: {
      name: 'envoy.clusters.dns',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',
        dns_refresh_rate: '5s',
        dns_lookup_family: 'V4_PREFERRED',
      },
    },
    // By default a change of health reaches the balancing up to a second later.
    common_lb_config: { update_merge_window: '0s' },
    // A pod whose address is no longer resolved is gone, whatever its last health check said.
    ignore_health_on_host_removal: true,
    per_connection_buffer_limit_bytes: BUFFER_BYTES,
    load_balancing_policy: { policies: [{ typed_extension_config: balancing._toEnvoy() }] },
    circuit_breakers: {
      thresholds: [
        {
          priority: 'DEFAULT',
          max_connections: limits.connections ?? 4096,
          max_pending_requests: limits.pending ?? 4096,
          max_requests: limits.streams ?? 65_536,
          max_retries: limits.retries ?? 16,
          track_remaining: true,
        },
      ],
    },
    outlier_detection: {
      base_ejection_time: '10s',
      // An unreachable server has no open streams: least-request would choose it again and again.
      consecutive_local_origin_failure: 2,
      consecutive_gateway_failure: 5,
      // By default failures are counted but no host is ejected.
      enforcing_consecutive_gateway_failure: 100,
      enforcing_consecutive_5xx: 0,
      max_ejection_percent: 50,
      split_external_local_origin_errors: true,
    },
    health_checks: [
      {
        timeout: '2s',
        interval: '5s',
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        // Without traffic hosts are checked once a minute by default.
        no_traffic_interval: '5s',
        grpc_health_check: { service_name: 'readiness' },
      },
    ],
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        // The default is HTTP/1.1.
        explicit_http_config: { http2_protocol_options: http2Options(1024) },
      },
    },
    load_assignment: assignment(INFERENCE_CLUSTER, endpoints),
  };
}

/** Envoy's own administration, a part of which the observation listener shows. */
export function adminCluster(port: number): Cluster {
  return {
    name: ADMIN_CLUSTER,
    connect_timeout: '1s',
    type: 'STATIC',
    load_assignment: assignment(ADMIN_CLUSTER, [{ host: '127.0.0.1', port }]),
  };
}

function assignment(cluster_name: string, endpoints: readonly Endpoint[]): Cluster['load_assignment'] {
  const lb_endpoints = endpoints.map(({ host, port }) => ({ endpoint: { address: address(host, port) } }));
  return { cluster_name, endpoints: [{ lb_endpoints }] };
}
