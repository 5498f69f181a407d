import { type ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** How much of one stream may be on its way to its client. */
export interface SenderLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export const DEFAULT_SENDER_LIMITS: SenderLimits = { maxMessages: 256, maxBytes: 4 * 1024 * 1024 };

/** Responses up to this size are counted, but not weighed. */
const LIGHT_BYTES = 1024;

/** Sends the responses of one stream, in order, and knows how much of it its client has not taken. */
export class ResponseSender<Response> {
  private messages = 0;
  private bytes = 0;
  private wasFull = false;

  /** @param onRoom called when the client has taken so much that there is room again */
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly sizeOf: (response: Response) => number,
    private readonly onRoom: () => void,
    private readonly limits: SenderLimits = DEFAULT_SENDER_LIMITS,
  ) {}

  /** Whether the client reads too slowly for more requests to be taken from it. */
  get isFull(): boolean {
    return this.messages >= this.limits.maxMessages || this.bytes >= this.limits.maxBytes;
  }

  send(response: Response): void {
    const size = this.sizeOf(response);
    this.messages += 1;
    if (size <= LIGHT_BYTES) {
      this.call.sendMessage(response, this.lightSent);
    } else {
      this.bytes += size;
      this.call.sendMessage(response, () => {
        this.bytes -= size;
        this.lightSent();
      });
    }
    this.wasFull ||= this.isFull;
  }

  private readonly lightSent = (): void => {
    this.messages -= 1;
    if (!this.wasFull || this.isFull) return;
    this.wasFull = false;
    this.onRoom();
  };
}
