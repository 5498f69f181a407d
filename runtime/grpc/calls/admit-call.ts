import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type CallGate } from '../../access/call-gate';
import { type Caller } from '../../access/caller';
import { peerOf } from '../connections/connection';
import { toStatus } from './error-status';
import { readHeader } from './read-header';

/** Probes ask for health, and its answer says nothing but whether the server is well. */
const HEALTH = '/grpc.health.v1.Health/';

/** Whether calls of the method need a token. */
export function isGuarded(gate: CallGate, path: string): boolean {
  return gate.guards(path.startsWith(HEALTH));
}

/**
 * Calls `enter` with whom the call is from, or refuses the call. `enter` may be called later: the caller checks that the
 * call has not been cancelled meanwhile.
 */
export function admitCall(
  gate: CallGate,
  call: ServerInterceptingCallInterface,
  path: string,
  metadata: Metadata,
  enter: (caller: Caller | undefined) => void,
): void {
  if (!isGuarded(gate, path)) {
    enter(undefined);
    return;
  }
  const refuse = (error: unknown): void => refuseCall(gate, call, path, metadata, error);
  try {
    const caller = gate.identify(readHeader(metadata));
    if (caller instanceof Promise) caller.then(enter, refuse);
    else enter(caller);
  } catch (error) {
    refuse(error);
  }
}

/**
 * Ends a call that has not begun with the status of `error`. What its client has still to send is not read: the stream is
 * reset once the status has left, where grpc-js would read on and throw it away.
 */
export function refuseCall(
  gate: CallGate,
  call: ServerInterceptingCallInterface,
  path: string,
  metadata: Metadata,
  error: unknown,
  caller?: Caller,
): void {
  call.sendStatus(toStatus(error));
  // grpc-js keeps the HTTP/2 stream to itself.
  (call as { stream?: Pick<ServerHttp2Stream, 'close'> }).stream?.close?.(constants.NGHTTP2_NO_ERROR);
  const { remoteAddress, remotePort } = call.getConnectionInfo();
  const peer = peerOf(remoteAddress, remotePort);
  gate.refused(error, { method: path, peer, header: readHeader(metadata), caller });
}
