import { constants, type ServerHttp2Stream } from 'node:http2';
import { SYSTEM_CLOCK, type Clock } from '../../scheduling/clock';
import { type Logger } from '../../../contracts/program/logger';
import { FrameFollower } from './frame-follower';

/** Messages up to this size are not counted: HTTP/2's window lets a client send as much ahead anyway. */
const SMALL_BYTES = 64 * 1024;
/** While others wait, a message may take this long, plus its bytes at the slowest speed. */
const GRACE_MS = 10_000;
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;

/**
 * Bounds what all streams together receive at a time: a stream whose next message does not fit any more is not read until
 * there is room, and HTTP/2 flow control holds its client back. What has arrived is counted by the pipeline's gate.
 */
export class ReceiveBudget {
  private held = 0;
  private readonly receiving = new Set<Receiver>();
  private readonly waiting = new Set<Receiver>();
  private cancelSweep: (() => void) | undefined;

  /** @param maxBytes most that messages take together which are on their way in; a larger one comes in alone */
  constructor(
    private readonly maxBytes: number,
    private readonly log: Logger,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  /** Bytes of the large messages that are on their way in. */
  get bytes(): number {
    return this.held;
  }

  /** To be called for each stream when it opens. */
  watch(stream: ServerHttp2Stream): void {
    const receiver = new Receiver(stream, this);
    stream.on('data', (chunk: Buffer) => receiver.take(chunk));
    stream.once('close', () => this.end(receiver));
  }

  begin(receiver: Receiver, bytes: number): void {
    receiver.bytes = bytes;
    this.waiting.add(receiver);
    this.letIn();
    if (this.waiting.has(receiver)) receiver.stream.pause();
  }

  /** The message is there, or will not come any more. */
  end(receiver: Receiver): void {
    this.waiting.delete(receiver);
    if (!this.receiving.delete(receiver)) return;
    this.held -= receiver.bytes;
    this.letIn();
  }

  isWaiting(receiver: Receiver): boolean {
    return this.waiting.has(receiver);
  }

  private letIn(): void {
    for (const receiver of this.waiting) {
      if (this.held > 0 && this.held + receiver.bytes > this.maxBytes) break;
      this.waiting.delete(receiver);
      this.receiving.add(receiver);
      this.held += receiver.bytes;
      receiver.sinceMs = this.clock.now();
      receiver.stream.resume();
    }
    this.cancelSweep?.();
    this.cancelSweep = this.waiting.size > 0 ? this.clock.after(GRACE_MS, () => this.sweep()) : undefined;
  }

  /** Resets streams whose client has stopped in the middle of a message while others wait. */
  private sweep(): void {
    const nowMs = this.clock.now();
    for (const receiver of this.receiving) {
      const allowedMs = GRACE_MS + (receiver.bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
      if (nowMs - receiver.sinceMs < allowedMs) continue;
      this.log.warn(
        { bytes: receiver.bytes },
        'stream reset: its message is not sent, and others wait to send theirs',
      );
      receiver.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    this.letIn();
  }
}

/** The message of one stream that is on its way in. */
class Receiver {
  bytes = 0;
  sinceMs = 0;
  private readonly follower: FrameFollower;

  constructor(
    readonly stream: ServerHttp2Stream,
    private readonly budget: ReceiveBudget,
  ) {
    this.follower = new FrameFollower(
      (bytes) => bytes > SMALL_BYTES && budget.begin(this, bytes),
      () => budget.end(this),
    );
  }

  take(chunk: Buffer): void {
    this.follower.take(chunk);
    // The stream's handler may have resumed it after the previous message.
    if (this.budget.isWaiting(this)) this.stream.pause();
  }
}
