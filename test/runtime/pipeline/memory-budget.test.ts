import { InferenceError } from '../../../runtime/errors';
import { FairShare } from '../../../runtime/scheduling/fair-queue';
import { MemoryBudget, type MemoryHolder } from '../../../runtime/pipeline/memory-budget';

/** What has been let in, in order. */
function queueOf(budget: MemoryBudget): {
  take(name: string, bytes: number, holder?: MemoryHolder): () => void;
  readonly in: string[];
} {
  const entered: string[] = [];
  return {
    in: entered,
    take(name, bytes, holder) {
      const lease = budget.lease(holder);
      lease.reserve(bytes).then(
        () => entered.push(name),
        (error: unknown) => entered.push(`${name}: ${(error as InferenceError).code}`),
      );
      return () => lease.release();
    },
  };
}

const settled = (): Promise<void> => new Promise(setImmediate);

describe('the memory that requests hold', () => {
  it('is lent up to its limit, to those who wait in their order', async () => {
    const queue = queueOf(new MemoryBudget(100));
    const endA = queue.take('a', 60);
    const endB = queue.take('b', 50);
    queue.take('c', 10);
    await settled();
    expect(queue.in).toEqual(['a']);
    endA();
    await settled();
    expect(queue.in).toEqual(['a', 'b', 'c']);
    endB();
  });

  it('is lent to streams in turns, however much one of them asks for', async () => {
    const queue = queueOf(new MemoryBudget(10));
    const [flood, small] = [{ memoryTurn: new FairShare() }, { memoryTurn: new FairShare() }];
    const ends = ['a', 'b', 'c', 'd'].map((name) => queue.take(name, 10, flood));
    ends.push(queue.take('small', 10, small));
    for (const index of [0, 1, 4, 2, 3]) {
      await settled();
      ends[index]();
    }
    await settled();
    expect(queue.in).toEqual(['a', 'b', 'small', 'c', 'd']);
  });

  it('is not lent to a request that gives up, and those behind it do not wait for it', async () => {
    const queue = queueOf(new MemoryBudget(10));
    const giveUp = new AbortController();
    queue.take('a', 6);
    queue.take('gone', 8, { signal: giveUp.signal });
    queue.take('b', 4);
    await settled();
    expect(queue.in).toEqual(['a']);
    giveUp.abort(new InferenceError('DEADLINE_PASSED', 'late'));
    await settled();
    queue.take('later', 1, { signal: AbortSignal.abort() });
    await settled();
    expect(queue.in).toEqual(['a', 'gone: DEADLINE_PASSED', 'b', 'later: CANCELLED']);
  });

  it('is lent beyond its limit to one request that is alone', async () => {
    const queue = queueOf(new MemoryBudget(100));
    const end = queue.take('large', 500);
    queue.take('small', 1);
    await settled();
    expect(queue.in).toEqual(['large']);
    end();
    await settled();
    expect(queue.in).toEqual(['large', 'small']);
  });

  it('is given back once, however often a lease is released', async () => {
    const budget = new MemoryBudget(10);
    const lease = budget.lease();
    await lease.reserve(10);
    lease.release();
    lease.release();
    const queue = queueOf(budget);
    queue.take('a', 6);
    queue.take('b', 6);
    await settled();
    expect(queue.in).toEqual(['a']);
  });

  it('is not waited for a second time by a request, which could otherwise wait for itself', async () => {
    const budget = new MemoryBudget(10);
    const lease = budget.lease();
    await lease.reserve(6);
    await lease.reserve(6);
    const queue = queueOf(budget);
    queue.take('other', 1);
    await settled();
    expect(queue.in).toEqual([]);
    lease.release();
    await settled();
    expect(queue.in).toEqual(['other']);
  });
});
