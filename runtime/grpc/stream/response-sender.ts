import { type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type AnswerSize } from '../../serving/answer-size';
import { type UnreadPool } from './unread-pool';

/** Send window: most responses of one stream that its client has not taken. */
const MAX_MESSAGES = 256;
/** Responses up to this size are counted as this size. */
const LIGHT_BYTES = 1024;
/** Pending answers may be estimated at up to 4× the send window. */
const EXPECTED_TIMES = 4;

/** Sends the responses of one stream, in order, and counts what its client has not taken. */
export class ResponseSender<Response> {
  private messages = 0;
  private bytes = 0;
  private wasFull = false;

  /**
   * @param onRoom called when the client has taken something, after `isFull` said that there is no room
   * @param answerSize what answers of the pipeline usually hold
   */
  constructor(
    private readonly call: ServerInterceptingCallInterface,
    private readonly sizeOf: (response: Response) => number,
    private readonly onRoom: () => void,
    private readonly answerSize: AnswerSize,
    private readonly pool: UnreadPool,
  ) {}

  /**
   * Whether the client reads too slowly for more requests to be taken from it.
   * @param unanswered requests of the stream whose answers are yet to come; they will want room, too
   */
  isFull(unanswered: number): boolean {
    const { share } = this.pool;
    const expected = this.bytes + unanswered * this.answerSize.usual;
    // One request is always taken when the stream has no other, however full the pool is.
    this.wasFull =
      this.messages >= MAX_MESSAGES ||
      (this.bytes > 0 && this.bytes >= share) ||
      (unanswered > 0 && expected >= EXPECTED_TIMES * share);
    return this.wasFull;
  }

  send(response: Response): void {
    const size = this.sizeOf(response);
    this.messages += 1;
    if (size <= LIGHT_BYTES) {
      this.hold(LIGHT_BYTES);
      this.call.sendMessage(response, this.lightTaken);
    } else {
      this.hold(size);
      this.call.sendMessage(response, () => this.taken(size));
    }
  }

  /** Releases what will not be sent any more; the call is over. */
  close(): void {
    this.pool.give(this.bytes);
    this.bytes = 0;
    this.messages = 0;
  }

  private hold(bytes: number): void {
    this.bytes += bytes;
    this.pool.take(bytes);
    this.answerSize.observe(bytes);
  }

  private readonly lightTaken = (): void => this.taken(LIGHT_BYTES);

  private taken(bytes: number): void {
    // The call may have ended before this callback.
    if (this.messages === 0) return;
    this.messages -= 1;
    this.bytes -= bytes;
    this.pool.give(bytes);
    if (this.wasFull) this.onRoom();
  }
}
