import { setImmediate as turn } from 'node:timers/promises';
import { InferenceError, type ErrorCode } from '../../../runtime/errors';
import { Batcher, type BatcherOptions } from '../../../runtime/inferencer/batcher';
import { type NamedTensors } from '../../../runtime/tensor/tensor';
import { type PredictTimes } from '../../../runtime/observability/request-timeline';
import { tensor } from '../../../runtime/tensor/tensor';
import { ManualClock } from '../../fixtures/manual-clock';
import { SumSession } from '../../fixtures/sum-session';

/** One request with these rows. */
function request(...rows: number[][]): NamedTensors {
  const shape = [rows.length, rows[0]?.length ?? 2];
  return { x: tensor('float32', shape, Float32Array.from(rows.flat())) };
}

function sums(answer: NamedTensors): number[] {
  return [...(answer.sum.data as Float32Array)];
}

/** How a prediction ends: its sums, or the code of its error. */
async function outcome(answer: Promise<NamedTensors>): Promise<number[] | ErrorCode> {
  return answer.then(sums, (error: unknown) => {
    if (error instanceof InferenceError) return error.code;
    throw error;
  });
}

let session: SumSession;
let clock: ManualClock;
let batcher: Batcher;

function open(options: Partial<BatcherOptions> = {}, sessions = [new SumSession()]): void {
  [session] = sessions;
  clock = new ManualClock();
  batcher = new Batcher(sessions, {
    batchable: true,
    maxBatchSize: 4,
    maxQueueDelayMs: 0,
    maxQueueSize: 8,
    clock,
    ...options,
  });
}

describe('gathering', () => {
  beforeEach(() => open());

  it('runs what has come in one turn of the event loop together', async () => {
    const answers = [batcher.predict(request([1, 2])), batcher.predict(request([3, 4]))];
    expect(session.rows).toEqual([]);
    await turn();
    expect(session.rows).toEqual([2]);
    session.finish();
    expect((await Promise.all(answers)).map(sums)).toEqual([[3], [7]]);
  });

  it('collects while a run is under way, and runs at once when it is over', async () => {
    const first = batcher.predict(request([1, 2]));
    await turn();
    const rest = [[1], [2], [3]].map(([value]) => batcher.predict(request([value, 0])));
    await turn();
    expect(session.rows).toEqual([1]);
    expect(batcher.queueDepth).toBe(3);
    session.finish();
    await first;
    expect(session.rows).toEqual([1, 3]);
    expect(batcher.queueDepth).toBe(0);
    session.finish();
    expect((await Promise.all(rest)).map(sums)).toEqual([[1], [2], [3]]);
  });

  it('starts a full batch without waiting for the end of the turn', () => {
    for (let i = 0; i < 4; i++) void batcher.predict(request([i, i]));
    expect(session.rows).toEqual([4]);
  });

  it('counts rows, not requests, and runs a larger request alone', async () => {
    const answers = [
      batcher.predict(request([1, 0], [2, 0], [3, 0])),
      batcher.predict(request([4, 0], [5, 0])),
      batcher.predict(request([6, 0], [7, 0], [8, 0], [9, 0], [10, 0])),
    ];
    for (let run = 0; run < 3; run++) {
      await turn();
      session.finish();
    }
    expect((await Promise.all(answers)).map(sums)).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7, 8, 9, 10],
    ]);
    expect(session.rows).toEqual([3, 2, 5]);
  });

  it('runs requests of other sizes apart, the oldest first, without keeping any waiting forever', async () => {
    const answers = [
      batcher.predict(request([1, 1])),
      batcher.predict(request([1, 1, 1])),
      batcher.predict(request([2, 2])),
    ];
    await turn();
    expect(session.running[0].feeds.x.shape).toEqual([2, 2]);
    const late = [3, 4, 5, 6].map((value) => batcher.predict(request([value, value])));
    session.finish();
    await answers[0];
    expect(session.running[0].feeds.x.shape).toEqual([1, 3]);
    session.finish();
    await answers[1];
    session.finish();
    expect((await Promise.all([...answers, ...late])).map(sums)).toEqual([
      [2],
      [3],
      [4],
      [6],
      [8],
      [10],
      [12],
    ]);
  });

  it('does not let a small request overtake a larger one that did not fit', async () => {
    const answers = [
      batcher.predict(request([1, 0], [2, 0], [3, 0])),
      batcher.predict(request([4, 0], [5, 0])),
      batcher.predict(request([6, 0])),
    ];
    await turn();
    session.finish();
    await answers[0];
    session.finish();
    expect((await Promise.all(answers)).map(sums)).toEqual([[1, 2, 3], [4, 5], [6]]);
    expect(session.rows).toEqual([3, 3]);
  });

  it('answers a request without rows with no rows, alone or beside others', async () => {
    const alone = batcher.predict(request());
    await turn();
    expect(session.rows).toEqual([1]);
    session.finish();
    expect((await alone).sum.shape).toEqual([0]);
    const answers = [batcher.predict(request()), batcher.predict(request([1, 2]))];
    await turn();
    session.finish();
    expect((await Promise.all(answers)).map(sums)).toEqual([[], [3]]);
    expect(session.rows).toEqual([1, 1]);
  });

  it('gives a lone request to the session as it is, and keeps its data unless it is given away', async () => {
    const inputs = request([1, 2]);
    const kept = batcher.predict(inputs);
    await turn();
    expect(session.running[0].feeds).toBe(inputs);
    session.finish();
    await kept;
    const given = batcher.predict(inputs, { transfer: true });
    await turn();
    session.finish();
    await given;
    const merged = [batcher.predict(inputs), batcher.predict(inputs)];
    await turn();
    session.finish();
    await Promise.all(merged);
    expect(session.owned).toEqual([false, true, true]);
  });
});

describe('without a batch axis', () => {
  it('runs request by request, in order', async () => {
    open({ batchable: false });
    const answers = [1, 2, 3].map((value) => batcher.predict(request([value, 0])));
    for (const answer of answers) {
      await turn();
      expect(session.running).toHaveLength(1);
      session.finish();
      await answer;
    }
    expect(session.rows).toEqual([1, 1, 1]);
  });
});

describe('waiting for a fuller batch', () => {
  beforeEach(() => open({ maxQueueDelayMs: 10 }));

  it('runs when the oldest request has waited long enough', async () => {
    void batcher.predict(request([1, 1]));
    await turn();
    clock.advance(6);
    void batcher.predict(request([2, 2]));
    await turn();
    clock.advance(3);
    expect(session.rows).toEqual([]);
    clock.advance(1);
    expect(session.rows).toEqual([2]);
  });

  it('runs as soon as the batch is full', async () => {
    void batcher.predict(request([1, 1]));
    await turn();
    expect(session.rows).toEqual([]);
    for (let i = 0; i < 3; i++) void batcher.predict(request([i, i]));
    expect(session.rows).toEqual([4]);
  });
});

describe('leaving the queue', () => {
  beforeEach(async () => {
    open();
    void batcher.predict(request([0, 0]));
    await turn();
  });

  it('refuses a request when the queue is full, and takes the next when there is room', async () => {
    const waiting = Array.from({ length: 8 }, (_, i) => batcher.predict(request([i, 0])));
    await expect(batcher.predict(request([9, 0]))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: "the model's queue is full: 8 requests wait, at most 8 may",
    });
    session.finish();
    await turn();
    const next = batcher.predict(request([9, 0]));
    for (let run = 0; run < 3; run++) {
      session.finish();
      await turn();
    }
    expect((await Promise.all([...waiting, next])).map(sums).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  });

  it('answers a request whose deadline passes while it waits, at once', async () => {
    const late = outcome(batcher.predict(request([1, 0]), { deadlineMs: clock.epoch() + 5 }));
    const later = outcome(batcher.predict(request([2, 0]), { deadlineMs: clock.epoch() + 20 }));
    const patient = batcher.predict(request([3, 0]));
    clock.advance(5);
    expect(await late).toBe('DEADLINE_PASSED');
    expect(batcher.queueDepth).toBe(2);
    clock.advance(15);
    expect(await later).toBe('DEADLINE_PASSED');
    session.finish();
    await turn();
    session.finish();
    expect(sums(await patient)).toEqual([3]);
    expect(session.rows).toEqual([1, 1]);
    expect(clock.armed).toBe(0);
  });

  it('refuses a request that comes too late or that nobody waits for', async () => {
    expect(await outcome(batcher.predict(request([1, 0]), { deadlineMs: clock.epoch() }))).toBe(
      'DEADLINE_PASSED',
    );
    expect(await outcome(batcher.predict(request([1, 0]), { signal: AbortSignal.abort() }))).toBe(
      'CANCELLED',
    );
    expect(batcher.queueDepth).toBe(0);
  });

  it('drops all waiting requests of a stream that is given up, at once, and no others', async () => {
    const [gone, stays] = [new AbortController(), new AbortController()];
    const dropped = [1, 2].map((value) =>
      outcome(batcher.predict(request([value, 0]), { signal: gone.signal })),
    );
    const kept = batcher.predict(request([3, 0]), { signal: stays.signal });
    gone.abort();
    expect(await Promise.all(dropped)).toEqual(['CANCELLED', 'CANCELLED']);
    session.finish();
    await turn();
    session.finish();
    expect(sums(await kept)).toEqual([3]);
  });

  it('lets a run that has started go on when its caller gives up', async () => {
    const caller = new AbortController();
    const answer = batcher.predict(request([1, 0]), { signal: caller.signal });
    session.finish();
    await turn();
    caller.abort();
    session.finish();
    expect(sums(await answer)).toEqual([1]);
  });

  it('rejects what waits and what comes when it is closed, and closes its sessions', async () => {
    const waiting = outcome(batcher.predict(request([1, 0]), { deadlineMs: clock.epoch() + 5 }));
    await batcher.close();
    expect(await waiting).toBe('DRAINING');
    expect(await outcome(batcher.predict(request([1, 0])))).toBe('DRAINING');
    expect(session.closed).toBe(true);
    expect(clock.armed).toBe(0);
  });
});

describe('failures', () => {
  it('fails only the request that spoils its batch', async () => {
    open({}, [new SumSession(true)]);
    const answers = [1, -1, 3, 4].map((value) => outcome(batcher.predict(request([value, 0]))));
    expect(await Promise.all(answers)).toEqual([[1], 'MODEL_REFUSED', [3], [4]]);
    expect(await outcome(batcher.predict(request([5, 0])))).toEqual([5]);
  });

  it('skips requests that nobody waits for any more when it runs a batch one by one', async () => {
    open();
    const caller = new AbortController();
    const spoils = outcome(batcher.predict(request([-1, 0])));
    const late = outcome(batcher.predict(request([1, 0]), { deadlineMs: clock.epoch() + 5 }));
    const gone = outcome(batcher.predict(request([2, 0]), { signal: caller.signal }));
    await turn();
    caller.abort();
    clock.advance(5);
    session.finish();
    await turn();
    session.finish();
    expect(await Promise.all([spoils, late, gone])).toEqual([
      'MODEL_REFUSED',
      'DEADLINE_PASSED',
      'CANCELLED',
    ]);
    const next = batcher.predict(request([3, 0]));
    await turn();
    session.finish();
    expect(sums(await next)).toEqual([3]);
  });

  it('does not run a batch again whose worker is lost: it may be what ended the worker', async () => {
    const lost = new SumSession();
    lost.run = () => Promise.reject(new InferenceError('WORKER_LOST', 'gone'));
    open({}, [lost]);
    const answers = [1, 2].map((value) => outcome(batcher.predict(request([value, 0]))));
    expect(await Promise.all(answers)).toEqual(['WORKER_LOST', 'WORKER_LOST']);
  });

  it.each([
    ['a missing input', {}, "model input 'x' is missing"],
    [
      'another dtype',
      { x: tensor('int32', [1, 2], new Int32Array(2)) },
      "model input 'x' is int32 [1, 2], the model takes float32 [batch, length]",
    ],
    [
      'another rank',
      { x: tensor('float32', [2], new Float32Array(2)) },
      "model input 'x' is float32 [2], the model takes float32 [batch, length]",
    ],
    [
      'too few values',
      { x: { dtype: 'float32', shape: [2, 2], data: new Float32Array(2) } },
      "model input 'x' holds 2 values; float32 [2, 2] has 4",
    ],
  ] as const)('refuses %s before it reaches a batch', async (_what, inputs, message) => {
    open();
    await expect(batcher.predict(inputs as NamedTensors)).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message,
    });
    expect(batcher.queueDepth).toBe(0);
  });
});

describe('several sessions', () => {
  it('spreads what there is over all that are idle', async () => {
    const sessions = [new SumSession(), new SumSession()];
    open({ maxBatchSize: 8 }, sessions);
    for (let i = 0; i < 6; i++) void batcher.predict(request([i, 0]));
    await turn();
    expect(sessions.map(({ rows }) => rows)).toEqual([[3], [3]]);
  });

  it('leaves out one whose worker is being replaced while another works', async () => {
    const sessions = [new SumSession(), new SumSession()];
    sessions[0].state = 'restarting';
    open({}, sessions);
    const first = batcher.predict(request([1, 0]));
    await turn();
    const second = batcher.predict(request([2, 0]));
    await turn();
    expect(sessions.map(({ rows }) => rows)).toEqual([[], [1]]);
    sessions[1].finish();
    await first;
    sessions[1].finish();
    expect(sums(await second)).toEqual([2]);
  });

  it('asks one that is being replaced when there is no other', async () => {
    const sessions = [new SumSession(), new SumSession()];
    for (const each of sessions) each.state = 'failed';
    open({}, sessions);
    void batcher.predict(request([1, 0]));
    await turn();
    expect(sessions.flatMap(({ rows }) => rows)).toEqual([1]);
  });
});

describe('times', () => {
  it('tells each request and the observer how long it waited and ran, and with how many', async () => {
    const told: PredictTimes[] = [];
    const batches: number[][] = [];
    const queued: number[] = [];
    open({
      observer: { onBatch: (...batch) => batches.push(batch), onQueue: (ms) => queued.push(ms) },
    });
    const answers = [request([1, 1], [2, 2]), request([3, 3])].map((inputs) =>
      batcher.predict(inputs, { onTimes: (times) => told.push(times) }),
    );
    clock.advance(3);
    await turn();
    session.finish();
    await Promise.all(answers);
    const times = { startedMs: 1003, queueMs: 3, modelMs: 7, batchRequests: 2, batchRows: 3 };
    expect(told).toEqual([times, times]);
    expect(batches).toEqual([[3, 2, 7]]);
    expect(queued).toEqual([3, 3]);
  });
});
