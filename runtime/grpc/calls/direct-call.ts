import {
  ServerInterceptingCall,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { type CallGate } from '../../access/call-gate';
import { type Caller } from '../../access/caller';
import { admitCall, isGuarded } from './admit-call';

/** What handles one call, message by message; called by grpc-js, never concurrently. */
export interface CallHandler {
  /** The call is open; messages may be asked for from now on. */
  begin(): void;
  /** A message, asked for by `startRead`. */
  onMessage(message: unknown): void;
  /** The client has sent its last message. */
  onHalfClose(): void;
  /** The client has given up, the connection is lost or the deadline has passed. */
  onCancel(): void;
}

/**
 * Begins a call; returns what handles the rest of it, or `undefined` when the call has been ended already.
 * `caller` is set where tokens are required.
 */
export type CallOpener = (
  call: ServerInterceptingCallInterface,
  metadata: Metadata,
  caller: Caller | undefined,
) => CallHandler | undefined;

/**
 * Hands the calls of some methods to handlers of ours; those of the others go on to grpc-js's own. The streams that grpc-js
 * would wrap around a call cost several passes of Node's stream machinery a message, and take the next response only when
 * the previous one has left through HTTP/2. Here responses of one event leave together; their sender bounds them.
 * @see https://github.com/grpc/proposal/blob/master/L112-node-server-interceptors.md
 */
export function directCalls(openers: ReadonlyMap<string, CallOpener>, gate: CallGate): ServerInterceptor {
  return ({ path }, call) => {
    const open = openers.get(path);
    if (open !== undefined) return new DirectCall(call, path, open, gate);
    return isGuarded(gate, path) ? new GatedCall(call, path, gate) : new ServerInterceptingCall(call);
  };
}

class DirectCall extends ServerInterceptingCall {
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly path: string,
    private readonly open: CallOpener,
    private readonly gate: CallGate,
  ) {
    super(call);
  }

  /** The listener that grpc-js gives is the one that would make the streams; it hears nothing. */
  override start(): void {
    let handler: CallHandler | undefined;
    let cancelled = false;
    const enter = (metadata: Metadata, caller: Caller | undefined): void => {
      if (cancelled) return;
      handler = this.open(this.call, metadata, caller);
      handler?.begin();
    };
    this.call.start({
      onReceiveMetadata: (metadata) =>
        admitCall(this.gate, this.call, this.path, metadata, (caller) => enter(metadata, caller)),
      onReceiveMessage: (message: unknown) => handler?.onMessage(message),
      onReceiveHalfClose: () => handler?.onHalfClose(),
      onCancel: () => {
        cancelled = true;
        handler?.onCancel();
      },
    });
  }
}

/** A call that grpc-js hands to a handler of its own (health, reflection), behind the gate. */
class GatedCall extends ServerInterceptingCall {
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly path: string,
    private readonly gate: CallGate,
  ) {
    super(call);
  }

  override start(listener: Parameters<ServerInterceptingCallInterface['start']>[0]): void {
    let entered = false;
    let cancelled = false;
    this.call.start({
      onReceiveMetadata: (metadata) =>
        admitCall(this.gate, this.call, this.path, metadata, () => {
          if (cancelled) return;
          entered = true;
          listener.onReceiveMetadata(metadata);
        }),
      onReceiveMessage: (message: unknown) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => {
        cancelled = true;
        if (entered) listener.onCancel();
      },
    });
  }
}
