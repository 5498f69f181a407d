import { constants, type ServerHttp2Stream } from 'node:http2';
import { type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { toStatus } from './error-status';

/**
 * Ends a call that has not begun with the status of `error`. What its client has still to send is not read: the stream is
 * reset once the status has left, where grpc-js would read on and throw it away.
 */
export function refuseCall(call: ServerInterceptingCallInterface, error: unknown): void {
  call.sendStatus(toStatus(error));
  // grpc-js keeps the HTTP/2 stream to itself.
  (call as { stream?: Pick<ServerHttp2Stream, 'close'> }).stream?.close?.(constants.NGHTTP2_NO_ERROR);
}
