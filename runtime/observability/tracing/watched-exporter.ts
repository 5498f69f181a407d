import { type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { messageOf } from '../../../contracts/program/problem';
import { type Logger } from '../../../contracts/program/logger';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Told how many spans were taken by the collector, and how many were not. */
export type CountSpans = (outcome: 'exported' | 'failed', spans: number) => void;

/** Says once that the collector does not take spans, and once that it does again: not for each attempt. */
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
      if (failed !== this.failing) this.tell(failed, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  private tell(failing: boolean, error: Error | undefined): void {
    this.failing = failing;
    const { url } = this;
    if (failing)
      this.log.warn(
        { url, reason: messageOf(error ?? 'unknown') },
        'traces are not taken; spans are dropped',
      );
    else this.log.info({ url }, 'traces are taken again');
  }
}
