import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { Fifo } from '../../../../runtime/client/fifo';
import { messageOf } from '../../../../contracts/program/problem';
import { endsWithin } from '../../../../contracts/program/within';
import { type Target } from '../target';
import { AnswerScanner } from './answer-scanner';
import { type Connection, type ConnectionListener, type RequestFailure, type StreamEnd } from './connection';

/** Flow-control window of the stream and of its connection. */
const WINDOW_BYTES = 1 << 24;
/** Frames of up to this many bytes together are copied into one write: a write costs more than the copy. */
const WRITTEN_BYTES = 64 * 1024;

/**
 * A bidirectional gRPC stream over plain node:http2 with messages framed in advance: a stock client costs more for each
 * message than the server that is measured.
 */
export class RawConnection implements Connection {
  private session: ClientHttp2Session | undefined;
  private stream: ClientHttp2Stream | undefined;
  /** Frames that wait for the previous write to leave. */
  private readonly waiting = new Fifo<Buffer>();
  private isWriting = false;
  private nowMs = 0;
  private status: RequestFailure | 'OK' | undefined;
  private finishing = false;
  private over = false;
  private broken: string | undefined;
  private readonly scanner: AnswerScanner;

  constructor(
    private readonly target: Target,
    private readonly path: string,
    private readonly metadata: Readonly<Record<string, string>>,
    private readonly frames: readonly Buffer[],
    private readonly listener: ConnectionListener,
  ) {
    this.scanner = new AnswerScanner((id, error) =>
      listener.answered(this.nowMs, id, error && { code: error.code || 'UNKNOWN', message: describe(error) }),
    );
  }

  async open(timeoutMs: number): Promise<void> {
    const { tls, address, token } = this.target;
    const session = connect(`${tls === undefined ? 'http' : 'https'}://${address}`, {
      maxSessionMemory: 1000,
      settings: { initialWindowSize: WINDOW_BYTES },
      ...(tls === undefined
        ? {}
        : { ca: tls.authorities, cert: tls.certificate, key: tls.key, servername: tls.serverName }),
    });
    this.session = session;
    await connected(session, timeoutMs);
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on('error', (error) => (this.broken ??= messageOf(error)));
    session.on('close', () => this.end());
    const stream = session.request(
      {
        ...{ ':method': 'POST', ':path': this.path, 'content-type': 'application/grpc', te: 'trailers' },
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...this.metadata,
      },
      { endStream: false },
    );
    this.stream = stream;
    stream.on('response', (headers) => this.takeHeaders(headers));
    stream.on('trailers', (trailers: Record<string, unknown>) => this.takeStatus(trailers));
    stream.on('data', (chunk: Buffer) => this.takeData(chunk));
    stream.on('error', (error) => (this.broken ??= messageOf(error)));
    stream.on('close', () => this.end());
    // A server may end its side, and with it the call, while ours is open.
    stream.on('end', () => this.end());
  }

  add(request: number): void {
    this.waiting.push(this.frames[request]);
  }

  /**
   * One small write at a time: a stream with more to send merges it, and calls back only when all of it has left, so that
   * the time at which each request was sent would be unknown.
   */
  flush(): void {
    const { stream, waiting } = this;
    if (this.isWriting || this.over || stream === undefined || waiting.length === 0) return;
    const batch: Buffer[] = [];
    let bytes = 0;
    do {
      const framed = waiting.shift() as Buffer;
      batch.push(framed);
      bytes += framed.length;
    } while (waiting.length > 0 && bytes + waiting.peek()!.length <= WRITTEN_BYTES);
    this.isWriting = true;
    this.listener.sent(batch.length, performance.now());
    stream.write(batch.length === 1 ? batch[0] : Buffer.concat(batch, bytes), this.onWritten);
  }

  async finish(timeoutMs: number): Promise<void> {
    const { session, stream } = this;
    if (session === undefined || stream === undefined || this.over) return this.destroy();
    this.finishing = true;
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.end();
    await endsWithin(closed, timeoutMs);
    this.destroy();
  }

  destroy(): void {
    this.over = true;
    this.stream?.close(constants.NGHTTP2_CANCEL);
    this.session?.destroy();
  }

  private readonly onWritten = (): void => {
    this.isWriting = false;
    this.flush();
  };

  private takeData(chunk: Buffer): void {
    if (this.over) return;
    this.nowMs = performance.now();
    try {
      this.scanner.push(chunk);
    } catch (error) {
      this.broken = `the server's answer is not a message of the service: ${messageOf(error)}`;
      this.end();
      return;
    }
    this.listener.delivered();
  }

  private takeHeaders(headers: Record<string, unknown>): void {
    const code = headers[':status'];
    if (code !== 200) this.status = { code: 'UNAVAILABLE', message: `HTTP status ${String(code)}` };
    else if (headers['grpc-status'] !== undefined) this.takeStatus(headers);
  }

  private takeStatus(trailers: Record<string, unknown>): void {
    const number = Number(trailers['grpc-status']);
    if (number === (status.OK as number)) this.status = 'OK';
    else {
      const code = status[number] ?? 'UNKNOWN';
      this.status = { code, message: decode(trailers['grpc-message']) || code };
    }
  }

  private end(): void {
    if (this.over) return;
    this.destroy();
    if (!this.finishing) this.listener.ended(this.streamEnd());
  }

  private streamEnd(): StreamEnd {
    if (this.status === 'OK') return { message: 'the server ended the stream' };
    if (this.status !== undefined) {
      return { status: this.status, message: `${this.status.code}: ${this.status.message}` };
    }
    return { message: `the connection was lost${this.broken === undefined ? '' : `: ${this.broken}`}` };
  }
}

function describe({ message, step }: { message: string; step: string }): string {
  return step === '' ? message : `${step}: ${message}`;
}

function decode(text: unknown): string {
  if (typeof text !== 'string') return '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function connected(session: ClientHttp2Session, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      session.on('error', () => undefined);
      session.destroy();
      reject(error);
    };
    const onClose = (): void => fail(new Error('the server closed the connection'));
    session.once('error', fail);
    session.once('close', onClose);
    // Its settings show that the other side really speaks HTTP/2.
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      session.off('error', fail);
      session.off('close', onClose);
      resolve();
    });
  });
}
