import { status } from '@grpc/grpc-js';
import { FALL } from '../../fixtures/fall-detection-windows';
import { recordingLog } from '../../fixtures/recording-log';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { type StepTiming } from '../../../runtime/observability/step-timings';

const good = (id: number) => request(id, { array: FALL.window });

describe('a stream', () => {
  const recorded = recordingLog();
  let started: StartedServer;
  let client: StockClient;
  beforeAll(async () => {
    started = await startServer([FALL_DETECTION], { slowRequest: '0ms' }, recorded.log);
    client = new StockClient(started.grpc);
  });
  afterAll(async () => {
    client.close();
    await started.server.stop();
  });
  const idOf = ({ metadata }: { metadata: { get(key: string): unknown[] } }): unknown =>
    metadata.get('x-request-id')[0];

  it("has the client's id in its log lines and trailers, with pipeline and request", async () => {
    const { status: end } = await client.call([good(1), request(2, {})], { 'x-request-id': 'ward-3:bed-7' });
    expect(idOf(end)).toBe('ward-3:bed-7');
    const lines = recorded.lines.filter(({ stream }) => stream === 'ward-3:bed-7');
    const named = { pipeline: 'fall-detection', stream: 'ward-3:bed-7' };
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...named,
          level: 'debug',
          msg: 'stream opened',
          service: 'extended_inference.ExtendedInferenceService',
        }),
        expect.objectContaining({
          ...named,
          level: 'debug',
          msg: 'request refused',
          request: 2,
          code: 'INPUT_MISSING',
        }),
        expect.objectContaining({ ...named, level: 'debug', msg: 'stream ended', status: 'OK', requests: 2 }),
      ]),
    );
  });

  it.each(['', 'two words', '-dash', 'x'.repeat(129), 'line%0abreak'])(
    'has an id of its own where the client sent %j',
    async (requestId) => {
      const { status: end } = await client.call([good(1)], { 'x-request-id': requestId });
      expect(idOf(end)).toMatch(/^[0-9a-f]{16}$/);
    },
  );

  it('has an id of its own, another one each time, where the client sent none', async () => {
    const ids = [idOf((await client.call([])).status), idOf((await client.call([])).status)];
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('is named by what its client said when it is refused', async () => {
    await client.call([good(1)], { 'x-request-id': 'ward-4', 'x-pipeline': 'absent' });
    expect(recorded.of('call refused')).toMatchObject([
      { level: 'debug', stream: 'ward-4', pipeline: 'absent', code: 'PIPELINE_UNKNOWN' },
    ]);
  });

  it('is named when one of its requests was slow, at most once in a while', async () => {
    await client.call([good(1), good(2), good(3)]);
    expect(recorded.of('slow request')).toMatchObject([
      {
        level: 'warn',
        pipeline: 'fall-detection',
        stream: expect.any(String) as string,
        request: 1,
        outcome: 'ok',
      },
    ]);
  });

  it('tells its client where the time went, if asked to, when it ends', async () => {
    const { status: end } = await client.call([good(1), good(2), request(3, {})], {
      'x-timings': 'trailers',
    });
    const timings = JSON.parse(String(end.metadata.get('x-step-timings')[0])) as Record<string, StepTiming>;
    expect(Object.entries(timings).map(([label, { count }]) => [label, count])).toEqual(
      expect.arrayContaining([
        ['total', 3],
        ['queue', 2],
        ['model', 2],
        ['preprocessing[0] scale', 2],
      ]),
    );
    for (const { meanMs, maxMs } of Object.values(timings)) expect(maxMs).toBeGreaterThanOrEqual(meanMs);
    expect(timings.total.meanMs).toBeGreaterThan(0);
  });

  it('tells nothing of the kind without being asked, and refuses what it does not know', async () => {
    const { status: end } = await client.call([good(1)]);
    expect(end.metadata.get('x-step-timings')).toEqual([]);
    const refused = await client.call([good(1)], { 'x-timings': 'always' });
    expect([refused.status.code, refused.status.details]).toEqual([
      status.INVALID_ARGUMENT,
      "x-timings must be 'trailers' or 'off', got 'always'",
    ]);
  });
});
