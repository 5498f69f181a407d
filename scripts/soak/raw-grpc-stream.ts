import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

const FRAME_HEADER_BYTES = 5;

/**
 * A bidirectional gRPC stream over plain node:http2, with messages framed beforehand: a stock client costs more for each
 * message than the server that is measured.
 */
export class RawGrpcStream {
  private readonly session: ClientHttp2Session;
  private readonly stream: ClientHttp2Stream;
  private remaining = 0;
  private header: Buffer = Buffer.alloc(0);
  private status = '';
  readonly ended: Promise<string>;

  /** @param onMessages called with the number of responses that a chunk completed */
  constructor(
    address: string,
    path: string,
    onMessages: (count: number) => void,
    metadata: Readonly<Record<string, string>> = {},
  ) {
    this.session = connect(`http://${address}`, {
      maxSessionMemory: 1000,
      settings: { initialWindowSize: 1 << 24 },
    });
    this.stream = this.session.request(
      { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...metadata },
      { endStream: false },
    );
    this.session.on('connect', () => this.session.setLocalWindowSize(1 << 24));
    this.stream.on('data', (chunk: Buffer) => {
      const count = this.count(chunk);
      if (count > 0) onMessages(count);
    });
    this.stream.on('trailers', (trailers: Record<string, unknown>) => {
      this.status = String(trailers['grpc-status']);
    });
    this.ended = new Promise((resolve, reject) => {
      this.stream.once('close', () => resolve(this.status));
      this.stream.once('error', reject);
      this.session.once('error', reject);
    });
  }

  write(frames: Buffer): void {
    this.stream.write(frames);
  }

  /** Ends the sending side; resolves to the gRPC status code of the stream. */
  async end(): Promise<string> {
    this.stream.end();
    const status = await this.ended;
    this.session.close();
    return status;
  }

  /** Breaks the connection off, as a client does that crashes, once what was written has left. */
  async cut(): Promise<void> {
    const left = new Promise((resolve) => this.stream.write(Buffer.alloc(0), resolve));
    this.ended.catch(() => undefined);
    await left;
    this.session.destroy();
  }

  private count(chunk: Buffer): number {
    let rest: Buffer = this.header.length > 0 ? Buffer.concat([this.header, chunk]) : chunk;
    this.header = Buffer.alloc(0);
    let completed = 0;
    while (rest.length > 0) {
      if (this.remaining === 0) {
        if (rest.length < FRAME_HEADER_BYTES) {
          this.header = rest;
          break;
        }
        this.remaining = FRAME_HEADER_BYTES + rest.readUInt32BE(1);
      }
      const taken = Math.min(this.remaining, rest.length);
      this.remaining -= taken;
      rest = rest.subarray(taken);
      if (this.remaining === 0) completed += 1;
    }
    return completed;
  }
}
