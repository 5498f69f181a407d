import { Client, credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { type CompiledClientOptions } from './client-options';

/**
 * Flow-control window of a stream. With HTTP/2's default of 64 KiB a large answer would wait for a round trip each 64 KiB.
 */
const FLOW_CONTROL_WINDOW_BYTES = 4 * 1024 * 1024;

/** Opens a connection that no other client of the process shares, so that a balancer can spread them. */
export function openChannel(options: CompiledClientOptions): Client {
  const { tls, reconnect } = options;
  const channelOptions: ChannelOptions = {
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': options.maxMessageBytes,
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
    'grpc.use_local_subchannel_pool': 1,
    // The request stream retries, because it knows what was sent; grpc-js would keep copies of messages for its retries.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': reconnect.initialDelayMs,
    'grpc.max_reconnect_backoff_ms': Math.max(reconnect.initialDelayMs, reconnect.maxDelayMs),
  };
  if (typeof tls === 'object' && tls.serverName !== undefined) {
    channelOptions['grpc.ssl_target_name_override'] = tls.serverName;
    channelOptions['grpc.default_authority'] = tls.serverName;
  }
  return new Client(options.address, createCredentials(tls), channelOptions);
}

function createCredentials(tls: CompiledClientOptions['tls']): ChannelCredentials {
  if (tls === false) return credentials.createInsecure();
  if (tls === true) return credentials.createSsl();
  const { authorities, certificate, key } = tls;
  try {
    return credentials.createSsl(toBuffer(authorities), toBuffer(key), toBuffer(certificate));
  } catch (error) {
    throw new ConfigurationError('client options', [{ path: 'tls', message: messageOf(error) }]);
  }
}

function toBuffer(pem: string | Uint8Array | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem as string);
}
