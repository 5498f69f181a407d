import {
  ServerInterceptingCall,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { type Caller } from '../../access/caller';
import { type CallGate } from './call-gate';
import { GatedCall } from './gated-call';

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
 * Begins a call; what it returns gets the rest of it. `undefined`: the call has been ended already.
 * `caller` is whoever the gate let in, where tokens are asked for.
 */
export type CallOpener = (
  call: ServerInterceptingCallInterface,
  metadata: Metadata,
  caller: Caller | undefined,
) => CallHandler | undefined;

/**
 * Hands the calls of some methods to handlers of ours. The streams that grpc-js would wrap around a call cost several turns
 * of Node's stream machinery a message, and take the next response only when the one before has left through HTTP/2.
 * Here responses of one turn leave together; what is on its way is bounded by whoever sends it.
 *
 * The other methods go on to their own handlers.
 * @see https://github.com/grpc/proposal/blob/master/L112-node-server-interceptors.md
 */
export function directCalls(openers: ReadonlyMap<string, CallOpener>, gate: CallGate): ServerInterceptor {
  return ({ path }, call) => {
    const open = openers.get(path);
    if (open !== undefined) return new DirectCall(call, path, open, gate);
    return gate.guards(path) ? new GatedCall(call, gate, path) : new ServerInterceptingCall(call);
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
        this.gate.admit(this.call, this.path, metadata, (caller) => enter(metadata, caller)),
      onReceiveMessage: (message: unknown) => handler?.onMessage(message),
      onReceiveHalfClose: () => handler?.onHalfClose(),
      onCancel: () => {
        cancelled = true;
        handler?.onCancel();
      },
    });
  }
}
