import { status } from '@grpc/grpc-js';
import { eventually } from '../../../fixtures/eventually';
import { FALL } from '../../../fixtures/fall-detection-windows';
import { recordingLog } from '../../../fixtures/recording-log';
import { FALL_DETECTION, startServer } from '../../../fixtures/start-server';
import { StockClient, request } from '../../../fixtures/stock-client';
import { TraceCollector, type CollectedSpan } from '../../../fixtures/trace-collector';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const good = (id: number) => request(id, { array: FALL.window });
const isMessage = ({ name }: CollectedSpan): boolean => name === 'predict fall-detection';

describe('traces', () => {
  let collector: TraceCollector;
  beforeEach(async () => {
    collector = await TraceCollector.start();
  });
  afterEach(() => collector.stop());

  /** Calls a server that traces, and has it send what it has. */
  async function trace(
    metadata: Record<string, string>,
    requests = [good(1)],
    environment: Record<string, string> = {},
  ): Promise<CollectedSpan[]> {
    Object.assign(process.env, environment);
    try {
      const { server, grpc } = await startServer([FALL_DETECTION], { otlpEndpoint: collector.url });
      const client = new StockClient(grpc);
      const { status: end } = await client.call(requests, metadata);
      expect(end.code).toBe(status.OK);
      client.close();
      await server.stop();
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
    return collector.spans.filter(isMessage);
  }

  it("have a span for each message below the caller's, with the parts of its way below it", async () => {
    const spans = await trace(
      { traceparent: `00-${TRACE}-${CALLER}-01`, 'x-request-id': 'stream-1' },
      [good(7), request(8, {})],
      { OTEL_SERVICE_NAME: 'edge-7' },
    );
    expect(spans).toHaveLength(2);
    const [answered, failed] = [7, 8].map((id) =>
      spans.find((span) => span.attributes['mis.request.id'] === id),
    );
    for (const span of [answered, failed]) {
      expect(span).toMatchObject({
        traceId: TRACE,
        parentSpanId: CALLER,
        attributes: {
          'rpc.service': 'extended_inference.ExtendedInferenceService',
          'mis.pipeline': 'fall-detection',
          'mis.stream.id': 'stream-1',
        },
      });
    }
    expect(answered?.attributes).toMatchObject({
      'mis.outcome': 'ok',
      'mis.batch.requests': 1,
      'mis.batch.rows': 1,
    });
    expect(failed?.attributes).toMatchObject({
      'mis.outcome': 'invalid_argument',
      'error.type': 'INPUT_MISSING',
    });
    expect(failed?.status).toMatchObject({
      code: 2,
      message: expect.stringContaining("'array' missing") as string,
    });
    const parts = collector.childrenOf(answered as CollectedSpan);
    expect(parts.map(({ name }) => name)).toEqual([
      'preprocessing[0] scale',
      'preprocessing[1] vector-length',
      'preprocessing[2] append-column',
      'preprocessing[3] normalize',
      'preprocessing[4] expand',
      'queue',
      'model',
    ]);
    for (const part of parts) {
      expect(part.traceId).toBe(TRACE);
      expect(BigInt(part.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(answered!.startTimeUnixNano));
      expect(BigInt(part.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(answered!.endTimeUnixNano));
    }
    expect(Math.abs(Number(BigInt(answered!.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(
      60_000,
    );
    expect(collector.childrenOf(failed as CollectedSpan)).toEqual([]);
    expect(collector.resource['service.name']).toBe('edge-7');
  });

  it('begin anew with each message of a client that has none', async () => {
    const spans = await trace({}, [good(1), good(2)]);
    expect(spans.map(({ parentSpanId }) => parentSpanId ?? '')).toEqual(['', '']);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
    expect(collector.resource['service.name']).toBe('modular-inference-stack');
  });

  it.each([
    ["the caller's is not sampled", { traceparent: `00-${TRACE}-${CALLER}-00` }, {}],
    ['the sampler says so', {}, { OTEL_TRACES_SAMPLER: 'always_off' }],
    [
      'the ratio is none',
      {},
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    ],
  ])('are not made when %s', async (_, metadata, environment) => {
    expect(await trace(metadata as Record<string, string>, [good(1)], environment)).toEqual([]);
  });

  it.each(['nonsense', `00-${'0'.repeat(32)}-${CALLER}-01`, `ff-${TRACE}-${CALLER}-01`])(
    'begin anew where the caller sent %s',
    async (traceparent) => {
      const [span] = await trace({ traceparent });
      expect(span.parentSpanId ?? '').toBe('');
    },
  );

  it('are dropped, with one word about it, while nobody takes them; the server goes on', async () => {
    const { url } = collector;
    await collector.stop();
    const recorded = recordingLog();
    const environment = { OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_EXPORTER_OTLP_TIMEOUT: '200' };
    Object.assign(process.env, environment);
    const { server, grpc } = await startServer([FALL_DETECTION], { otlpEndpoint: url }, recorded.log);
    for (const name of Object.keys(environment)) delete process.env[name];
    const client = new StockClient(grpc);
    for (const round of [1, 2, 3]) {
      const { responses } = await client.call(Array.from({ length: 500 }, (_, id) => good(id)));
      expect(responses).toHaveLength(500);
      await eventually(async () => {
        const failed = /mis_trace_spans_total\{outcome="failed"\} (\d+)/.exec(await server.metrics.expose());
        expect(Number(failed?.[1])).toBeGreaterThanOrEqual(round * 512);
      });
    }
    expect(recorded.of('traces cannot be exported; spans are dropped')).toMatchObject([
      {
        level: 'warn',
        url: `${url}/v1/traces`,
        reason: expect.stringMatching(/ECONNREFUSED|timed out|retry/i) as string,
      },
    ]);
    client.close();
    await server.stop();
  });
});
