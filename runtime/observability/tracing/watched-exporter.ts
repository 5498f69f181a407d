import { type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { messageOf } from '../../../contracts/program/problem';
import { type Logger } from '../../../contracts/program/logger';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Callback with the number of spans that the collector took, or did not take. */
export type CountSpans = (outcome: 'exported' | 'failed', spans: number) => void;

/** Logs once when exports start to fail, and once when they succeed again. */
export class WatchedExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly url: string,
    private readonly count: CountSpans,
    private readonly log: Logger,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      const failed = Number(result.code) !== 0;
      this.count(failed ? 'failed' : 'exported', spans.length);
      if (failed !== this.failing) this.logChange(failed, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  private logChange(failing: boolean, error: Error | undefined): void {
    this.failing = failing;
    const { url } = this;
    if (failing)
      this.log.warn(
        { url, reason: messageOf(error ?? 'unknown') },
        'traces cannot be exported; spans are dropped',
      );
    else this.log.info({ url }, 'traces are exported again');
  }
}
