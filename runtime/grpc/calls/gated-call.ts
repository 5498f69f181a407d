import { ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type CallGate } from './call-gate';

/** A call that grpc-js hands to a handler of its own (health, reflection), behind the gate. */
export class GatedCall extends ServerInterceptingCall {
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly gate: CallGate,
    private readonly path: string,
  ) {
    super(call);
  }

  override start(listener: Parameters<ServerInterceptingCallInterface['start']>[0]): void {
    let entered = false;
    let cancelled = false;
    this.call.start({
      onReceiveMetadata: (metadata) =>
        this.gate.admit(this.call, this.path, metadata, () => {
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
