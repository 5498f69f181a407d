import { status } from '@grpc/grpc-js';
import { type StepTiming } from '../../../runtime/observability/step-timings';
import { zeros } from '../../../runtime/tensor/tensor';
import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { eventually } from '../../fixtures/eventually';
import { readMetric } from '../../fixtures/metric';
import { slowModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../fixtures/stock-client';

const ask = (id: number) => request(id, { x: zeros('float32', [1, 2]) });

/** Several times of a run of the model, in tests that compare two orders: a run takes about 20 ms. */
const TIMES = 60;

describe('a pipeline that is asked more than it can answer', () => {
  let started: StartedServer;
  let client: StockClient;

  async function start(document: Partial<PipelineDocumentInput>, times = TIMES): Promise<void> {
    const path = pipelineFolder(slowModel(times), {
      name: 'slow',
      input: { x: { dtype: 'float32', shape: [1, 2] } },
      inferencer: { execution: 'worker', batching: false },
      ...document,
    });
    started = await startServer([path]);
    client = new StockClient(started.grpc);
  }
  const metric = (series: string): Promise<number> => readMetric(started.http, series);
  const rejected = (reason: string): Promise<number> =>
    metric(`inference_rejected_total{pipeline="slow",reason="${reason}"}`);

  afterEach(async () => {
    client.close();
    await started.server.stop();
  });

  it('answers all of what one stream sends, which waits in the client meanwhile', async () => {
    await start({ admission: { maxRequests: 2 } }, 1);
    const { responses, status: end } = await client.call(Array.from({ length: 100 }, (_, id) => ask(id)));
    expect(end.code).toBe(status.OK);
    expect(responses.map(({ id, error }) => [id, error])).toEqual(
      Array.from({ length: 100 }, (_, id) => [id, undefined]),
    );
  });

  it('tells a client that asks for timings how long its requests waited to be let in', async () => {
    await start({ admission: { maxRequests: 1 } });
    const { status: end } = await client.call([ask(1), ask(2), ask(3)], { 'x-timings': 'trailers' });
    const timings = JSON.parse(String(end.metadata.get('x-step-timings')[0])) as Record<string, StepTiming>;
    expect(timings.total.count).toBe(3);
    expect(timings.admission.count).toBeGreaterThanOrEqual(1);
    expect(timings.admission.count).toBeLessThanOrEqual(2);
  });

  it('refuses in its place what has waited too long, and goes on with the next', async () => {
    // A run takes about a second: the timeout of 30 ms fires first even on a busy machine.
    await start({ admission: { maxRequests: 1, maxWaitMs: 30 } }, 3000);
    const { responses, status: end } = await client.call([ask(1), ask(2), ask(3)]);
    expect(end.code).toBe(status.OK);
    expect(responses.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(responses[0].error).toBeUndefined();
    expect(responses[1].error).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: 'the pipeline was full for 30 ms, the longest that a request may wait',
    });
    expect(await rejected('wait')).toBeGreaterThanOrEqual(1);
    expect(await metric('inference_requests_total{pipeline="slow",outcome="resource_exhausted"}')).toBe(
      await rejected('wait'),
    );
  });

  it('refuses at once where nothing may wait, and ends the stream for a client that asks for that', async () => {
    await start({ admission: { maxRequests: 1, maxWaitMs: 0 } }, 600);
    const inBand = await client.call([ask(1), ask(2)]);
    expect(inBand.responses.map(({ id, error }) => [id, error?.code])).toEqual([
      [1, undefined],
      [2, 'RESOURCE_EXHAUSTED'],
    ]);
    const ended = await client.call([ask(1), ask(2)], { 'x-error-mode': 'status' });
    expect(ended.responses.map(({ id }) => id)).toEqual([1]);
    expect(ended.status).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('the pipeline is full (at most 1 requests and') as string,
    });
    expect(await rejected('full')).toBe(2);
  });

  it('ends a stream whose deadline passes while its requests wait, at the gate and in the queue', async () => {
    await start({ admission: { maxRequests: 3 } }, 600);
    const busy = client.call([ask(1), ask(2)]);
    await eventually(async () => expect(await metric('inference_in_flight{pipeline="slow"}')).toBe(2));
    const late = client.open({}, { deadline: Date.now() + 60 });
    const outcome = outcomeOf(late);
    for (let id = 1; id <= 5; id += 1) late.write(ask(id));
    await eventually(async () =>
      expect(await metric('inference_admission_waiting{pipeline="slow",priority="normal"}')).toBe(1),
    );
    expect((await outcome).status.code).toBe(status.DEADLINE_EXCEEDED);
    // One was in the queue, the next at the gate.
    await eventually(async () => expect(await rejected('deadline')).toBeGreaterThanOrEqual(2));
    expect(await metric('inference_admission_waiting{pipeline="slow",priority="normal"}')).toBe(0);
    expect((await busy).responses.map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  it('forgets the requests of a stream that is cancelled, wherever they wait', async () => {
    await start({ admission: { maxRequests: 3 } }, 600);
    const busy = client.call([ask(1), ask(2)]);
    await eventually(async () => expect(await metric('inference_in_flight{pipeline="slow"}')).toBe(2));
    const gone = client.open();
    const outcome = outcomeOf(gone);
    for (let id = 1; id <= 5; id += 1) gone.write(ask(id));
    await eventually(async () =>
      expect(await metric('inference_admission_waiting{pipeline="slow",priority="normal"}')).toBe(1),
    );
    gone.cancel();
    expect((await outcome).status.code).toBe(status.CANCELLED);
    await eventually(async () => expect(await rejected('cancelled')).toBe(2));
    await busy;
    await eventually(async () => {
      expect(await metric('inference_in_flight{pipeline="slow"}')).toBe(0);
      expect(await metric('inference_queue_depth{pipeline="slow"}')).toBe(0);
    });
  });

  it.each([
    ['one connection', false],
    ['another connection', true],
  ])('is not taken by a stream that floods: one of %s that sends little has its turn', async (_, own) => {
    await start({ admission: { maxRequests: 64 } });
    const other = own ? new StockClient(started.grpc) : client;
    const flood = client.open();
    const flooded: number[] = [];
    flood.on('data', ({ id }: { id: number }) => flooded.push(id));
    flood.on('error', () => undefined);
    for (let id = 0; id < 500; id += 1) flood.write(ask(id));
    await eventually(async () => {
      expect(await metric('inference_in_flight{pipeline="slow"}')).toBeGreaterThan(64);
    });
    const before = flooded.length;
    const { responses } = await other.call([ask(1), ask(2)]);
    expect(responses.map(({ error }) => error)).toEqual([undefined, undefined]);
    // In line behind the flood they would have waited for 64 others at least.
    expect(flooded.length - before).toBeLessThan(30);
    flood.cancel();
    if (own) other.close();
  });

  it('answers high priority first, and still answers the rest', async () => {
    await start({ admission: { maxRequests: 4 } });
    const order: string[] = [];
    const streams = (['normal', 'high'] as const).flatMap((priority) =>
      Array.from({ length: 4 }, () => {
        const stream = client.open({ 'x-priority': priority });
        stream.on('data', () => order.push(priority));
        const outcome = outcomeOf(stream);
        for (let id = 0; id < 6; id += 1) stream.write(ask(id));
        stream.end();
        return outcome;
      }),
    );
    await Promise.all(streams);
    expect(order).toHaveLength(48);
    const half = order.slice(0, 24);
    expect(half.filter((priority) => priority === 'high').length).toBeGreaterThan(14);
    expect(half).toContain('normal');
    expect(
      await metric('inference_admission_wait_seconds_count{pipeline="slow",priority="high"}'),
    ).toBeGreaterThan(0);
  });

  it('refuses a priority that there is not, and says which there are', async () => {
    await start({});
    const { status: end } = await client.call([ask(1)], { 'x-priority': 'urgent' });
    expect(end).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "x-priority must be 'high' or 'normal', got 'urgent'",
    });
  });
});
