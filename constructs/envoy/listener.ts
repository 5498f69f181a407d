import {
  type Address,
  anyAddress,
  BUFFER_BYTES,
  type Extension,
  http2Options,
  type Http2Options,
  type Seconds,
} from './api-types';
import { ADMIN_CLUSTER, INFERENCE_CLUSTER } from './cluster';
import { type ListenerTls } from './listener-tls';

export interface Listener {
  readonly name: string;
  readonly address: Address;
  readonly per_connection_buffer_limit_bytes?: number;
  readonly traffic_direction?: 'INBOUND';
  readonly filter_chains: readonly {
    readonly filters: readonly Extension[];
    readonly transport_socket?: Extension;
  }[];
}

interface ConnectionManager {
  readonly '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  readonly stat_prefix: string;
  readonly codec_type: 'HTTP2' | 'AUTO';
  readonly stream_idle_timeout: Seconds;
  readonly request_timeout?: Seconds;
  readonly drain_timeout?: Seconds;
  readonly http2_protocol_options?: Http2Options;
  readonly http_filters: readonly Extension[];
  readonly route_config: { readonly virtual_hosts: readonly VirtualHost[] };
}

interface VirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  readonly request_headers_to_add?: readonly {
    readonly header: { readonly key: string; readonly value: string };
    readonly append_action: 'OVERWRITE_IF_EXISTS_OR_ADD';
  }[];
  readonly routes: readonly Route[];
}

interface Route {
  readonly match: { readonly prefix: string; readonly grpc: object } | { readonly path: string };
  readonly request_body_buffer_limit?: number;
  readonly route: RouteAction;
}

interface RouteAction {
  readonly cluster: string;
  readonly timeout?: Seconds;
  readonly idle_timeout?: Seconds;
  readonly max_stream_duration?: {
    readonly max_stream_duration: Seconds;
    readonly grpc_timeout_header_max: Seconds;
  };
  readonly retry_policy?: RetryPolicy;
}

interface RetryPolicy {
  readonly retry_on: string;
  readonly num_retries: number;
  readonly retry_back_off: { readonly base_interval: Seconds; readonly max_interval: Seconds };
  readonly retry_host_predicate: readonly Extension[];
  readonly host_selection_retry_max_attempts: number;
}

export interface InferenceListenerOptions {
  readonly port: number;
  /** Whether to listen on IPv6 addresses too. @default false */
  readonly ipv6?: boolean;
  readonly drainSeconds: number;
  readonly maxStreamsPerConnection: number;
  readonly tls?: ListenerTls;
}

/** Tells the clients apart that share a connection to a server: it counts abuse by client. */
const FORWARDED = {
  header: { key: 'forwarded', value: 'for="%DOWNSTREAM_REMOTE_ADDRESS%"' },
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
} as const;

/** Accepts gRPC streams and sends each to a server. */
export function inferenceListener({
  port,
  ipv6,
  drainSeconds,
  maxStreamsPerConnection,
  tls,
}: InferenceListenerOptions): Listener {
  return {
    name: 'grpc',
    address: anyAddress(port, ipv6),
    per_connection_buffer_limit_bytes: BUFFER_BYTES,
    traffic_direction: 'INBOUND',
    filter_chains: [
      {
        filters: [
          connectionManager({
            stat_prefix: 'ingress_grpc',
            codec_type: 'HTTP2',
            // Devices may be silent for a long time, and streams last for days.
            stream_idle_timeout: '0s',
            request_timeout: '0s',
            drain_timeout: `${drainSeconds}s`,
            http2_protocol_options: http2Options(maxStreamsPerConnection),
            http_filters: [GRPC_STATS, ROUTER],
            route_config: {
              virtual_hosts: [
                {
                  name: 'all',
                  domains: ['*'],
                  request_headers_to_add: [FORWARDED],
                  routes: [inferenceRoute()],
                },
              ],
            },
          }),
        ],
        transport_socket: tls && { name: 'envoy.transport_sockets.tls', typed_config: tls._toEnvoy() },
      },
    ],
  };
}

/** Shows the balancer's readiness and metrics. The rest of the administration is reachable from inside the pod only. */
export function observationListener(port: number, ipv6?: boolean): Listener {
  const show = (path: string): Route => ({ match: { path }, route: { cluster: ADMIN_CLUSTER } });
  return {
    name: 'observation',
    address: anyAddress(port, ipv6),
    filter_chains: [
      {
        filters: [
          connectionManager({
            stat_prefix: 'observation',
            codec_type: 'AUTO',
            stream_idle_timeout: '30s',
            http_filters: [ROUTER],
            route_config: {
              virtual_hosts: [
                { name: 'all', domains: ['*'], routes: [show('/ready'), show('/stats/prometheus')] },
              ],
            },
          }),
        ],
      },
    ],
  };
}

function inferenceRoute(): Route {
  return {
    match: { prefix: '/', grpc: {} },
    // Bytes kept for a retry. A stream is never retried after a server got its messages.
    request_body_buffer_limit: 65_536,
    route: {
      cluster: INFERENCE_CLUSTER,
      timeout: '0s',
      idle_timeout: '0s',
      // No limit here; the client's deadline is passed on unchanged.
      max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' },
      retry_policy: {
        // Only where no server has received anything of the stream.
        retry_on: 'connect-failure,refused-stream',
        num_retries: 3,
        // Long enough to eject an unreachable server between two tries.
        retry_back_off: { base_interval: '0.05s', max_interval: '0.5s' },
        retry_host_predicate: [
          {
            name: 'envoy.retry_host_predicates.previous_hosts',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
            },
          },
        ],
        host_selection_retry_max_attempts: 5,
      },
    },
  };
}

function connectionManager(settings: Omit<ConnectionManager, '@type'>): Extension {
  const typed_config: ConnectionManager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ...settings,
  };
  return { name: 'envoy.filters.network.http_connection_manager', typed_config: { ...typed_config } };
}

const GRPC_STATS: Extension = {
  name: 'envoy.filters.http.grpc_stats',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
    stats_for_all_methods: true,
  },
};

/** The last filter: it forwards the stream. */
const ROUTER: Extension = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};
