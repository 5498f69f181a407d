import { FlightQueue } from '../../../../../scripts/benchmark/driver/measure/flight-queue';

describe('FlightQueue', () => {
  it('keeps the order of many more requests than it has room for at first', () => {
    const queue = new FlightQueue();
    let oldest = 0;
    for (let request = 0; request < 10_000; request++) {
      queue.push(request, request % 7);
      // Some leave meanwhile, so that the ring has wrapped when it grows.
      if (request % 5 === 0) {
        expect([queue.oldestDueMs, queue.oldestRequest]).toEqual([oldest, oldest % 7]);
        queue.shift();
        oldest += 1;
      }
    }
    expect(queue.length).toBe(8_000);
    for (; queue.length > 0; oldest += 1, queue.shift()) expect(queue.oldestDueMs).toBe(oldest);
    expect(oldest).toBe(10_000);
  });

  it('knows when the sending of a request began, also after it has grown', () => {
    const queue = new FlightQueue();
    for (let request = 0; request < 3_000; request++) {
      queue.push(request, 0);
      if (request >= 10) expect(queue.markSent(request + 0.5)).toBe(request - 10);
    }
    for (let request = 0; request < 2_990; request++, queue.shift()) {
      expect(queue.isOldestSent).toBe(true);
      expect(queue.oldestSentMs).toBe(request + 10.5);
    }
    expect(queue.isOldestSent).toBe(false);
  });

  it('goes on after requests that are taken out before they are sent', () => {
    const queue = new FlightQueue();
    queue.push(1, 0);
    queue.shift();
    queue.push(2, 1);
    expect(queue.isOldestSent).toBe(false);
    expect(queue.markSent(5)).toBe(2);
    expect(queue.oldestSentMs).toBe(5);
  });
});
