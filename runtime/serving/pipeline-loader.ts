import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type ComponentFetcher } from '../components/component-fetcher';
import { digestOfFolder, digestOfModel } from '../components/file-digests';
import { type TrustedKeys } from '../components/trust/verify';
import { type Logger } from '../../contracts/program/logger';
import { ConfigurationError, type Problem } from '../../contracts/program/problem';
import { type InferNode } from '../definition/plan';
import { settingsBetween } from '../definition/settings';
import { type BatcherObserver } from '../inferencer/batcher-observer';
import { countCpus } from '../machine/cpu-quota';
import { type ModelSteps } from '../inferencer/model-side/model-steps';
import { labelsBefore, labelsOf } from '../inferencer/model-side/stepped-flow';
import { type Metrics } from '../observability/metrics';
import { type ModelMetrics } from '../observability/model-metrics';
import { PipelineMetrics, type PipelineDigests } from '../observability/pipeline-metrics';
import { type ModelOfNode } from '../pipeline/model-call';
import { Pipeline } from '../pipeline/pipeline';
import {
  assemblePipeline,
  findParts,
  type AssembledPipeline,
  type FoundModel,
  type PipelineParts,
} from './assemble-pipeline';
import { LoadedPipeline, type LoadedModel } from './loaded-pipeline';
import { loadWithin } from './loading-limit';
import { inputFormatsOf, requiredInputsOf } from './model-inputs';
import { ModelPool } from './model-pool';
import { ServedPipeline } from './served-pipeline';

export interface PipelineLoaderOptions {
  /** Documents and reference directories. */
  readonly paths: readonly string[];
  readonly components: readonly string[];
  readonly fetcher?: ComponentFetcher;
  readonly trustedKeys?: TrustedKeys;
  /** Most bytes of a pipeline's requests in flight, whatever its document says. Default: as the document says. */
  readonly inFlightBytes?: number;
  /** Longest that loading a pipeline at the start may take. Default: no limit. */
  readonly loadTimeoutMs?: number;
}

/** Makes pipelines out of documents: assembles, opens and warms the models, and hands over what can serve at once. */
export class PipelineLoader {
  constructor(
    private readonly options: PipelineLoaderOptions,
    private readonly metrics: Metrics,
    private readonly log: Logger,
    private readonly pool = new ModelPool(),
  ) {}

  /** All pipelines of the options. @throws ConfigurationError with the problems of all of them. */
  async loadAll(): Promise<ServedPipeline[]> {
    const served: ServedPipeline[] = [];
    const problems: Problem[] = [];
    for (const source of this.options.paths) {
      try {
        served.push(
          await loadWithin(this.loadFirst(source, served), {
            source,
            limitMs: this.options.loadTimeoutMs,
            discard: (late) => late.current.close(),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        problems.push(
          ...error.problems.map((problem) => ({ ...problem, path: joined(error.source, problem.path) })),
        );
      }
    }
    if (problems.length === 0) {
      // What was to be resumed has been.
      await this.options.fetcher?.sweep();
      return served;
    }
    await Promise.all(served.map((pipeline) => pipeline.current.close()));
    throw new ConfigurationError('', problems);
  }

  /**
   * Another version of a pipeline that serves. Where nothing but settings has changed they are applied to the version that
   * serves, which is the result then.
   * @throws ConfigurationError with every problem; nothing has changed then.
   */
  async loadNext(served: ServedPipeline): Promise<LoadedPipeline> {
    if (await this.applySettings(served)) return served.current;
    const next = await this.load(served.source, false, () => served.metrics);
    const { name } = next.document;
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
    const { name } = loaded.document;
    return new ServedPipeline(name, source, metrics as PipelineMetrics, loaded, this.options.inFlightBytes);
  }

  /** Whether the changed document could be had by changing settings of the version that serves; they are changed then. */
  private async applySettings(served: ServedPipeline): Promise<boolean> {
    const { current } = served;
    const parts = await findParts(served.source, this.options);
    const settings = settingsBetween(current.document, parts.document);
    if (settings === undefined || parts.problems.length > 0) return false;
    if (!isDeepStrictEqual(parts.sources, current.sources)) return false;
    const digests = await digestsOf(parts);
    if (!isDeepStrictEqual(digests, { ...current.digests, document: digests.document })) return false;
    try {
      await served.apply(settings, digests.document);
      return true;
    } catch (error) {
      // A newly opened model may have what the open one cannot change to.
      if (!(error instanceof ConfigurationError)) throw error;
      this.log.info({ pipeline: served.name, problems: error.problems }, 'settings need another model');
      return false;
    }
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
    const models: LoadedModel[] = [];
    try {
      const { document, plan, modelSteps, parts, host, notes } = assembled;
      const log = this.log.child({ pipeline: document.name });
      for (const note of notes) log.warn(note, 'probably not meant in the document');
      metrics = metricsOf(document.name);
      const leases = new Map<InferNode, LoadedModel>();
      for (const node of plan.nodes) {
        if (node.kind !== 'infer') continue;
        const model = await this.openModel(node, assembled, metrics, isFirst, log);
        models.push(model);
        leases.set(node, model);
      }
      const digests = await digestsOf(parts);
      metrics.prepared((performance.now() - started) / 1000);
      const modelOf = (node: InferNode): ModelOfNode => {
        const steps = modelSteps.get(node);
        const { lease: inferencer } = leases.get(node)!;
        if (steps === undefined) return { inferencer };
        return { inferencer, stepLabels: labelsOf(steps), stepsBefore: labelsBefore(steps).length };
      };
      const pipeline = new Pipeline(plan, modelOf, metrics);
      return new LoadedPipeline(pipeline, models, host, parts.sources, document, digests);
    } catch (error) {
      await Promise.all([...models.map(({ lease }) => lease.close()), assembled.host?.close()]);
      throw error;
    }
  }

  private async openModel(
    node: InferNode,
    { document, plan, modelSteps, parts }: AssembledPipeline,
    pipelineMetrics: PipelineMetrics,
    isFirst: boolean,
    log: Logger,
  ): Promise<LoadedModel> {
    const found = parts.models.get(node.model)!;
    const steps = modelSteps.get(node);
    const metrics = pipelineMetrics.model(plan.models.size > 1 ? node.model : undefined);
    const { file } = found.component;
    const lease = await this.pool.acquire(
      {
        modelFile: file,
        modelBytes: statSync(file).size,
        digest: digestOf(found),
        metadata: found.metadata,
        requiredInputs: requiredInputsOf(node, found.metadata),
        document: found.planned.inferencer,
        steps,
        inputFormats: inputFormatsOf(node.inputs),
        cpus: countCpus(),
        allowInlineTrial: isFirst,
        log: (level, message, fields) => log[level](fields, message),
      },
      {
        pipeline: document.name,
        observer: observe(metrics, pipelineMetrics, steps),
        onWorkerState: (worker, state, reason) => {
          if (state === 'restarting') metrics.workerRestarted();
          log.warn({ worker, state, reason }, 'worker thread of the model');
        },
      },
    );
    metrics.observeQueue(() => lease.queueDepth);
    return { key: node.model, lease, metrics };
  }
}

function digestOf({ component, metadata }: FoundModel): Promise<string> {
  return digestOfModel(component.file, metadata.externalData);
}

async function digestsOf({
  documentDigest,
  models,
  transformations,
}: PipelineParts): Promise<PipelineDigests> {
  const ofModels = new Map<string, string>();
  for (const [key, model] of models) ofModels.set(key, await digestOf(model));
  const ofComponents = new Map<string, string>();
  for (const [name, { directory }] of transformations)
    ofComponents.set(name, await digestOfFolder(directory));
  return { document: documentDigest, models: ofModels, components: ofComponents };
}

function observe(
  { batchSize, modelSeconds, queueSeconds }: ModelMetrics,
  metrics: PipelineMetrics,
  modelSteps: ModelSteps | undefined,
): BatcherObserver {
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
