import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';

const FRAME_HEADER_BYTES = 5;
/** A stream whose client holds more than this is held back by the server: flow control has reached the sender. */
const HELD_BACK_BYTES = 64 * 1024;

/** What one answer is: good, or refused for want of room. */
export type OnAnswer = (refused: boolean) => void;

/** One stream of a client that sends for as long as flow control lets it, and looks at what it gets. */
export class FloodStream {
  sent = 0;
  answered = 0;
  private readonly session: ClientHttp2Session;
  private readonly stream: ClientHttp2Stream;
  private rest: Buffer = Buffer.alloc(0);
  private destroyed = false;

  constructor(
    address: string,
    private readonly onAnswer: OnAnswer,
    metadata: Readonly<Record<string, string>> = {},
  ) {
    this.session = connect(`http://${address}`, { maxSessionMemory: 1000 });
    this.stream = this.session.request(
      {
        ':method': 'POST',
        ':path': EXTENDED_SERVICE.predict.path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...metadata,
      },
      { endStream: false },
    );
    this.stream.on('data', (chunk: Buffer) => this.read(chunk));
    for (const each of [this.session, this.stream]) each.on('error', (error: Error) => this.onError(error));
  }

  get inFlight(): number {
    return this.sent - this.answered;
  }

  /** Whether the server takes no more of this stream for the time being. */
  get isHeldBack(): boolean {
    return this.stream.writableLength > HELD_BACK_BYTES;
  }

  send(frame: Buffer): void {
    this.sent += 1;
    this.stream.write(frame);
  }

  /** Gives up at once, with whatever is in flight. */
  destroy(): void {
    this.destroyed = true;
    this.session.destroy();
  }

  private onError(error: Error): void {
    if (!this.destroyed) throw error;
  }

  private read(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.rest.readUInt32BE(1);
      if (this.rest.length < end) return;
      const { error } = EXTENDED_SERVICE.predict.responseDeserialize(
        this.rest.subarray(FRAME_HEADER_BYTES, end),
      );
      this.rest = this.rest.subarray(end);
      if (error !== undefined && error.code !== 'RESOURCE_EXHAUSTED') {
        throw new Error(`a request failed: ${error.code} ${error.message}`);
      }
      this.answered += 1;
      this.onAnswer(error !== undefined);
    }
  }
}
