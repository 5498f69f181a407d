import { type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { ResponseSender } from '../../../../runtime/grpc/stream/response-sender';
import { UnreadPool } from '../../../../runtime/grpc/stream/unread-pool';
import { AnswerSize } from '../../../../runtime/serving/answer-size';

/** A client that takes responses when it is told to. */
class SlowCall {
  private readonly pending: (() => void)[] = [];
  readonly sent: number[] = [];

  sendMessage(response: number, taken: () => void): void {
    this.sent.push(response);
    this.pending.push(taken);
  }

  take(count: number): void {
    for (const taken of this.pending.splice(0, count)) taken();
  }
}

const KIB = 1024;

describe('ResponseSender', () => {
  let pool: UnreadPool;
  let size: AnswerSize;
  let call: SlowCall;
  let onRoom: jest.Mock;
  let sender: ResponseSender<number>;

  /** Responses are their own size. */
  function open(): ResponseSender<number> {
    call = new SlowCall();
    onRoom = jest.fn();
    return new ResponseSender<number>(
      call as unknown as ServerInterceptingCallInterface,
      (response) => response,
      onRoom,
      size,
      pool,
    );
  }
  beforeEach(() => {
    pool = new UnreadPool(400 * KIB, 50 * KIB);
    size = new AnswerSize();
    sender = open();
  });

  it('is full of small responses by their number, and says when there is room again', () => {
    pool = new UnreadPool(2 ** 30, 2 ** 30);
    sender = open();
    for (let n = 0; n < 255; n += 1) sender.send(100);
    expect(sender.isFull(0)).toBe(false);
    sender.send(100);
    expect(sender.isFull(0)).toBe(true);
    expect(onRoom).not.toHaveBeenCalled();
    call.take(1);
    expect(onRoom).toHaveBeenCalled();
    expect(sender.isFull(0)).toBe(false);
  });

  it('is full at its share of the pool, which shrinks as others take theirs', () => {
    sender.send(40 * KIB);
    expect(sender.isFull(0)).toBe(false);
    pool.take(240 * KIB);
    expect([pool.share, sender.isFull(0)]).toEqual([30 * KIB, true]);
    pool.give(240 * KIB);
    sender.send(20 * KIB);
    expect(sender.isFull(0)).toBe(true);
  });

  it('takes no more requests than it expects to have room for', () => {
    sender.send(50 * KIB);
    call.take(1);
    expect([1, 3, 4, 5].map((unanswered) => sender.isFull(unanswered))).toEqual([false, false, true, true]);
  });

  it('takes one request at a time however full the pool is', () => {
    pool.take(500 * KIB);
    expect(sender.isFull(0)).toBe(false);
    expect(sender.isFull(1)).toBe(true);
  });

  it('gives all back when its call is over, and does not count twice what is heard of later', () => {
    sender.send(10 * KIB);
    sender.send(100);
    expect(pool.bytes).toBe(11 * KIB);
    sender.close();
    expect(pool.bytes).toBe(0);
    call.take(2);
    expect(pool.bytes).toBe(0);
  });
});
