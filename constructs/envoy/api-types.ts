// Types of Envoy's API v3 in Envoy's own spelling: what listeners, clusters and TLS are made of.
export interface Address {
  readonly socket_address: {
    readonly address: string;
    readonly port_value: number;
    /** Whether `::` takes IPv4 connections too. */
    readonly ipv4_compat?: true;
  };
}

export type StringMatcher = { readonly exact: string } | { readonly prefix: string };

/** A named extension with its configuration, whose type is `@type`. */
export interface Extension {
  readonly name: string;
  readonly typed_config: Typed;
}

export interface Typed {
  readonly '@type': `type.googleapis.com/${string}`;
  readonly [field: string]: unknown;
}

/** A duration as protobuf writes it: `5s`. */
export type Seconds = `${number}s`;

export interface Http2Options {
  readonly max_concurrent_streams: number;
  readonly initial_stream_window_size: number;
  readonly initial_connection_window_size: number;
  readonly connection_keepalive: { readonly interval: Seconds; readonly timeout: Seconds };
}

/** All addresses of the pod. */
export function anyAddress(port: number, ipv6 = false): Address {
  if (!ipv6) return address('0.0.0.0', port);
  return { socket_address: { address: '::', port_value: port, ipv4_compat: true } };
}

export function address(host: string, port: number): Address {
  return { socket_address: { address: host, port_value: port } };
}

/**
 * HTTP/2 for few connections with many long streams of large messages. A stream moves at most one window per round trip:
 * 64 MiB leaves the network as the only limit. Keepalive detects peers that disappear without closing.
 */
export function http2Options(maxStreams: number): Http2Options {
  return {
    max_concurrent_streams: maxStreams,
    initial_stream_window_size: 64 * 1024 * 1024,
    initial_connection_window_size: 128 * 1024 * 1024,
    connection_keepalive: { interval: '30s', timeout: '10s' },
  };
}

/** Bytes that a connection buffers while the other side is slower: a watermark, not a limit of message size. */
export const BUFFER_BYTES = 32 * 1024 * 1024;
