import { type ComponentFetcher } from '../components/component-fetcher';
import { type TrustedKeys } from '../components/trust/verify';
import { ConfigurationError, type Problem } from '../../contracts/program/problem';
import { openInferencer } from '../inferencer/open-inferencer';
import { countCpus } from '../machine/cpu-quota';
import { type BatcherObserver } from '../inferencer/batch-run';
import { type Logger } from '../../contracts/program/logger';
import { type Metrics } from '../observability/metrics';
import { PipelineMetrics } from '../observability/pipeline-metrics';
import { type ModelBinding } from '../definition/checked-pipeline';
import { type TensorFormat } from '../formats/format';
import { type ModelSteps } from '../inferencer/model-side/model-steps';
import { labelsOf } from '../inferencer/model-side/stepped-flow';
import { Pipeline } from '../pipeline/pipeline';
import { assemblePipeline } from './assemble-pipeline';
import { Breaker } from './breaker';
import { LoadedPipeline } from './loaded-pipeline';
import { ServedPipeline } from './served-pipeline';

export interface PipelineLoaderOptions {
  /** Documents and reference directories. */
  readonly paths: readonly string[];
  readonly components: readonly string[];
  readonly fetcher?: ComponentFetcher;
  readonly trustedKeys?: TrustedKeys;
  /** Most bytes of a pipeline's requests in flight, whatever its document says. Default: as the document says. */
  readonly inFlightBytes?: number;
}

/** Makes pipelines out of documents: assembles, opens and warms the model, and hands over what can serve at once. */
export class PipelineLoader {
  constructor(
    private readonly options: PipelineLoaderOptions,
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {}

  /** All pipelines of the options. @throws ConfigurationError with the problems of all of them. */
  async loadAll(): Promise<ServedPipeline[]> {
    const served: ServedPipeline[] = [];
    const problems: Problem[] = [];
    for (const source of this.options.paths) {
      try {
        served.push(await this.loadFirst(source, served));
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        problems.push(
          ...error.problems.map((problem) => ({ ...problem, path: joined(error.source, problem.path) })),
        );
      }
    }
    if (problems.length === 0) return served;
    await Promise.all(served.map((pipeline) => pipeline.current.close()));
    throw new ConfigurationError('', problems);
  }

  /** Another version of a pipeline that serves. @throws ConfigurationError with every problem; nothing has changed then. */
  async loadNext(served: ServedPipeline): Promise<LoadedPipeline> {
    const next = await this.load(served.source, false, () => served.metrics);
    const { name } = next.pipeline.document;
    if (name === served.name) return next;
    await next.close();
    throw new ConfigurationError(served.source, [
      {
        path: 'name',
        message: `must stay '${served.name}' while it is served, got '${name}'; restart to rename it`,
      },
    ]);
  }

  private async loadFirst(source: string, others: readonly ServedPipeline[]): Promise<ServedPipeline> {
    let metrics: PipelineMetrics | undefined;
    const loaded = await this.load(source, true, (name) => {
      const taken = others.find((other) => other.name === name);
      if (taken !== undefined) {
        throw new ConfigurationError(source, [
          { path: 'name', message: `'${name}' is also the name of ${taken.source}` },
        ]);
      }
      return (metrics = new PipelineMetrics(this.metrics, name));
    });
    return new ServedPipeline(loaded.pipeline.document.name, source, metrics as PipelineMetrics, loaded);
  }

  private async load(
    source: string,
    isFirst: boolean,
    metricsOf: (name: string) => PipelineMetrics,
  ): Promise<LoadedPipeline> {
    const started = performance.now();
    let metrics: PipelineMetrics | undefined;
    const assembled = await assemblePipeline(source, {
      ...this.options,
      onHostRestart: (reason) => {
        metrics?.workerRestarted();
        this.log.error({ source, reason }, 'the thread of the components was replaced');
      },
      onComponentOutput: (component, stream, text) =>
        this.log[stream === 'stdout' ? 'info' : 'warn'](
          { source, component, stream, text },
          'component output',
        ),
    });
    try {
      const { document, checked, modelSteps, modelFile, host, notes, sources } = assembled;
      const log = this.log.child({ pipeline: document.name });
      for (const note of notes) log.warn(note, 'probably not meant in the document');
      metrics = metricsOf(document.name);
      const breaker = new Breaker(document.inferencer.workers ?? 1);
      const { inferencer } = await openInferencer({
        modelFile,
        document: document.inferencer,
        steps: modelSteps,
        inputFormats: inputFormatsOf(checked.modelInputs),
        cpus: countCpus(),
        allowInlineTrial: isFirst,
        observer: observe(metrics, modelSteps),
        onWorkerState: (worker, state, reason) => {
          if (state === 'restarting') metrics?.workerRestarted();
          log.warn({ worker, state, reason }, 'worker thread of the model');
          breaker.take(worker, state, reason);
        },
        log: (level, message, fields) => log[level](fields, message),
      });
      metrics.prepared((performance.now() - started) / 1000);
      return new LoadedPipeline(
        new Pipeline(checked, inferencer, metrics, modelSteps && labelsOf(modelSteps)),
        inferencer,
        host,
        sources,
        breaker,
      );
    } catch (error) {
      await assembled.host?.close();
      throw error;
    }
  }
}

function inputFormatsOf(bindings: readonly ModelBinding[]): Record<string, TensorFormat> {
  const formats: Record<string, TensorFormat> = {};
  for (const { model, format } of bindings) formats[model] = format.kind === 'list' ? format.item : format;
  return formats;
}

function observe(metrics: PipelineMetrics, modelSteps: ModelSteps | undefined): BatcherObserver {
  const { batchSize, modelSeconds, queueSeconds } = metrics;
  const steps = modelSteps && labelsOf(modelSteps).map((label) => metrics.step(label));
  return {
    ...(steps && {
      onSteps: (stepMs: readonly number[]) => stepMs.forEach((ms, i) => steps[i].observe(ms / 1000)),
    }),
    onBatch(rows, _requests, modelMs) {
      batchSize.observe(rows);
      modelSeconds.observe(modelMs / 1000);
    },
    onQueue(queueMs) {
      queueSeconds.observe(queueMs / 1000);
    },
  };
}

function joined(source: string, path: string): string {
  return path === '' ? source : `${source}: ${path}`;
}
