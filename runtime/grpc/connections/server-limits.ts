import { type Server, type ServerOptions } from '@grpc/grpc-js';
import { type Http2SecureServer, type Http2Server, type ServerOptions as Http2Options } from 'node:http2';
import { type CompiledConnectionOptions } from '../../config/connection-options';

/** Most bytes of a stream's headers: twice what gRPC asks its servers to take, for tokens and trace contexts. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * nghttp2's limit of reset streams, above the limits that `Connection` keeps by caller. Node's options of that name are those
 * of release 24; `undefined` where it cannot be raised.
 */
export const RAISED_RESETS =
  Number(process.versions.node.split('.')[0]) >= 24
    ? { streamResetBurst: 10_000, streamResetRate: 1000 }
    : undefined;

/** Limits of connections that are options of grpc-js. */
export function grpcLimits({ maxIdleMs, maxStreams }: CompiledConnectionOptions): ServerOptions {
  return {
    'grpc.max_concurrent_streams': maxStreams,
    ...(maxIdleMs === Infinity ? {} : { 'grpc.max_connection_idle_ms': maxIdleMs }),
    // Channelz keeps records of each connection and message for a debugger that is not offered here.
    'grpc.enable_channelz': 0,
  };
}

/** Limits of connections that are options of Node only. */
function http2Limits({ maxStreams }: CompiledConnectionOptions): Http2Options {
  return {
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: MAX_HEADER_BYTES },
    // Frames that are refused or empty; more than these end the connection.
    maxSessionInvalidFrames: 100,
    // Streams that are refused, e.g. for their headers or because there are too many.
    maxSessionRejectedStreams: 100,
    maxHeaderListPairs: 128,
    ...RAISED_RESETS,
  };
}

/** Internals of grpc-js's server that are used here, as it has no options for them. */
interface ServerInside {
  readonly commonServerOptions: Http2Options;
  readonly http2Servers: ReadonlyMap<Http2Server | Http2SecureServer, unknown>;
}

/**
 * Bounds a server that does not listen yet by Node's options for HTTP/2.
 * @throws Error when grpc-js keeps them elsewhere: a server must not listen without its bounds.
 */
export function applyHttp2Limits(server: Server, options: CompiledConnectionOptions): void {
  Object.assign(inside(server).commonServerOptions, http2Limits(options));
}

/** The HTTP/2 servers of a server that listens: one for each address that its host has. */
export function http2Servers(server: Server): (Http2Server | Http2SecureServer)[] {
  return [...inside(server).http2Servers.keys()];
}

function inside(server: Server): ServerInside {
  const { commonServerOptions, http2Servers: servers } = server as unknown as Partial<ServerInside>;
  if (commonServerOptions === undefined || servers === undefined)
    throw new Error('this version of grpc-js does not keep its HTTP/2 servers where they are looked for');
  return { commonServerOptions, http2Servers: servers };
}
