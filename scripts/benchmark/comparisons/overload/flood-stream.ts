import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { EXTENDED_SERVICE } from '../../../../runtime/services/extended/definition';
import { AnswerScanner } from '../../driver/connection/answer-scanner';

/** With more unsent bytes than this the stream is held back: the server's flow control has reached the sender. */
const HELD_BACK_BYTES = 64 * 1024;

/** One stream of a client that sends for as long as flow control lets it, and counts what it gets. */
export class FloodStream {
  sent = 0;
  answered = 0;
  private readonly session: ClientHttp2Session;
  private readonly stream: ClientHttp2Stream;
  private destroyed = false;

  /** @param onAnswer called for each answer; `refused` where the server had no room for the request */
  constructor(address: string, onAnswer: (refused: boolean) => void) {
    this.session = connect(`http://${address}`, { maxSessionMemory: 1000 });
    const headers = { 'content-type': 'application/grpc', te: 'trailers' };
    this.stream = this.session.request(
      { ':method': 'POST', ':path': EXTENDED_SERVICE.predict.path, ...headers },
      { endStream: false },
    );
    const scanner = new AnswerScanner((_id, error) => {
      if (error !== undefined && error.code !== 'RESOURCE_EXHAUSTED')
        throw new Error(`a request failed: ${error.code} ${error.message}`);
      this.answered += 1;
      onAnswer(error !== undefined);
    });
    this.stream.on('data', (chunk: Buffer) => scanner.push(chunk));
    for (const each of [this.session, this.stream]) {
      each.on('error', (error: Error) => {
        if (!this.destroyed) throw error;
      });
    }
  }

  get inFlight(): number {
    return this.sent - this.answered;
  }

  get isHeldBack(): boolean {
    return this.stream.writableLength > HELD_BACK_BYTES;
  }

  send(frame: Buffer): void {
    this.sent += 1;
    this.stream.write(frame);
  }

  /** Ends at once, with what is in flight. */
  destroy(): void {
    this.destroyed = true;
    this.session.destroy();
  }
}
