import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { basicSize, extendedSize } from './message-size';
import { BASIC_SERVICE, EXTENDED_SERVICE } from './service-definitions';

/** How much of one stream may be on its way to the network while more is taken. */
export interface EarlyAcknowledgementOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export const DEFAULT_EARLY_ACKNOWLEDGEMENT: EarlyAcknowledgementOptions = {
  maxMessages: 256,
  maxBytes: 4 * 1024 * 1024,
};

const SIZES: Readonly<Record<string, ((response: never) => number) | undefined>> = {
  [EXTENDED_SERVICE.predict.path]: extendedSize,
  [BASIC_SERVICE.predict.path]: basicSize,
};

/**
 * Acknowledges the responses of the inference services early. A server stream of grpc-js takes its next message only when
 * the one before has left through HTTP/2, a turn of the event loop for each; acknowledged at once, many of them leave
 * together, in order. What is on its way is bounded in messages and bytes: a client that does not read is held back.
 *
 * @throws RangeError when a bound is no integer ≥ 1.
 *
 * It relies on grpc-js passing messages on synchronously and in order, which a test watches.
 */
export function earlyAcknowledgement(
  options: EarlyAcknowledgementOptions = DEFAULT_EARLY_ACKNOWLEDGEMENT,
): ServerInterceptor {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`'${name}' must be an integer ≥ 1, got ${value}`);
    }
  }
  return (method, call) => {
    const sizeOf = SIZES[method.path] as ((response: unknown) => number) | undefined;
    return sizeOf === undefined
      ? new ServerInterceptingCall(call)
      : new EarlyAcknowledgingCall(call, options, sizeOf);
  };
}

class EarlyAcknowledgingCall extends ServerInterceptingCall {
  private messages = 0;
  private bytes = 0;
  /** The acknowledgement that is withheld; the stream sends nothing before it has it. */
  private withheld: (() => void) | undefined;

  constructor(
    call: ServerInterceptingCallInterface,
    private readonly options: EarlyAcknowledgementOptions,
    private readonly sizeOf: (response: unknown) => number,
  ) {
    super(call);
  }

  override sendMessage(message: unknown, acknowledge: () => void): void {
    const size = this.sizeOf(message);
    this.messages++;
    this.bytes += size;
    this.withheld = acknowledge;
    super.sendMessage(message, () => {
      this.messages--;
      this.bytes -= size;
      this.acknowledge();
    });
    this.acknowledge();
  }

  private acknowledge(): void {
    const { withheld } = this;
    if (withheld === undefined || this.messages >= this.options.maxMessages) return;
    if (this.bytes >= this.options.maxBytes) return;
    this.withheld = undefined;
    withheld();
  }
}
