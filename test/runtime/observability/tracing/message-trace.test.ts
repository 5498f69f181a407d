import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { MessageTrace } from '../../../../runtime/observability/tracing/message-trace';

describe('the trace of a message', () => {
  it('has the steps in the thread of the model before and after it, one behind the other', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('test');
    const epochMs = Date.now();
    const span = tracer.startSpan('predict', { startTime: epochMs + 100 }, ROOT_CONTEXT);
    const trace = new MessageTrace(tracer, span, ROOT_CONTEXT, epochMs);
    trace.predicted(
      { startedMs: 110, queueMs: 5, modelMs: 20, batchRequests: 2, batchRows: 3, stepMs: [1, 2, 4] },
      ['preprocessing[2] resize', 'preprocessing[3] transpose', 'postprocessing[0] softmax'],
      2,
    );
    trace.end(140, undefined);
    const ms = ([seconds, nanoseconds]: readonly [number, number]): number =>
      Math.round(seconds * 1000 + nanoseconds / 1e6 - epochMs);
    expect(
      exporter.getFinishedSpans().map(({ name, startTime, endTime }) => [name, ms(startTime), ms(endTime)]),
    ).toEqual([
      ['queue', 105, 110],
      ['preprocessing[2] resize', 110, 111],
      ['preprocessing[3] transpose', 111, 113],
      ['model', 113, 133],
      ['postprocessing[0] softmax', 133, 137],
      ['predict', 100, 140],
    ]);
    expect(exporter.getFinishedSpans().at(-1)?.attributes).toEqual({
      'mis.batch.requests': 2,
      'mis.batch.rows': 3,
      'mis.outcome': 'ok',
    });
  });
});
