import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { adaptModel } from '../inferencer/adapted-model';
import { type BatcherObserver } from '../inferencer/batcher-observer';
import { type Inferencer, type InferencerSettings, type PredictOptions } from '../inferencer/inferencer';
import { openInferencer, type OpenInferencerOptions } from '../inferencer/open-inferencer';
import { type SessionState } from '../inferencer/sessions/model-session';
import { type Formats } from '../inferencer/warm-up-feeds';
import { type NamedTensors } from '../tensor/tensor';
import { Breaker } from './breaker';
import { inferencerSettings } from './inferencer-settings';
import { ownValue } from '../tensor/own-value';

/** Which model to open, and how. */
export interface ModelRequest extends Omit<OpenInferencerOptions, 'observer' | 'onWorkerState'> {
  /** What the model's file says. */
  readonly metadata: ModelMetadata;
  /** Its optional inputs that the pipeline brings. */
  readonly requiredInputs: readonly string[];
  /** Bytes of the model's file. */
  readonly modelBytes: number;
  /** `sha256:…` of the model with all its files. */
  readonly digest: Promise<string>;
}

/** Who uses a model. */
export interface ModelHolder {
  readonly pipeline: string;
  /** Observes the runs of the holder's own requests. */
  readonly observer: BatcherObserver;
  onWorkerState(worker: number, state: SessionState, reason: string): void;
}

interface OpenFunctions {
  readonly adapt: typeof adaptModel;
  readonly open: typeof openInferencer;
}

/** One open model with those that use it. */
class SharedModel {
  readonly holders = new Set<ModelHolder>();
  readonly breaker: Breaker;
  readonly opened: Promise<Inferencer>;
  /** The settings that it has by its document, as far as models with other settings are not shared. */
  settings: ReturnType<typeof inferencerSettings>;
  private removeFiles: () => Promise<void> = () => Promise.resolve();

  constructor(
    readonly identity: unknown,
    readonly request: ModelRequest,
    functions: OpenFunctions,
  ) {
    this.settings = inferencerSettings(request.document);
    this.breaker = new Breaker(() => this.settings.workers);
    this.opened = this.openFor(request, functions);
    // Both have those that wait for them, but one may fail when the other has already.
    this.opened.catch(() => undefined);
    request.digest.catch(() => undefined);
  }

  private async openFor(request: ModelRequest, { adapt, open }: OpenFunctions): Promise<Inferencer> {
    const { modelFile, document, requiredInputs, metadata } = request;
    const adapted = await adapt(modelFile, document.use, requiredInputs, metadata);
    this.removeFiles = adapted.remove;
    try {
      const { inferencer } = await open({
        ...request,
        modelFile: adapted.file,
        onWorkerState: (worker, state, reason) => {
          for (const holder of this.holders) holder.onWorkerState(worker, state, reason);
          this.breaker.take(worker, state, reason);
        },
      });
      return inferencer;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      // The author of the document knows the model's own file only.
      throw new ConfigurationError(error.source.replace(adapted.file, modelFile), error.problems);
    }
  }

  async close(): Promise<void> {
    const inferencer = await this.opened.catch(() => undefined);
    await inferencer?.close();
    await this.removeFiles();
  }
}

/** The right of one pipeline version to use a model; `close` must follow. To the pipeline it is the inferencer. */
export class ModelLease implements Inferencer {
  private closed: Promise<void> | undefined;

  constructor(
    /** The model itself, which others may use as well. */
    readonly inferencer: Inferencer,
    private readonly shared: SharedModel,
    private readonly holder: ModelHolder,
    private readonly release: () => Promise<void>,
  ) {}

  get metadata(): ModelMetadata {
    return this.inferencer.metadata;
  }

  get settings(): InferencerSettings {
    return this.inferencer.settings;
  }

  /** Requests that wait for a run, of all that share the model. */
  get queueDepth(): number {
    return this.inferencer.queueDepth;
  }

  get breaker(): Breaker {
    return this.shared.breaker;
  }

  predict(inputs: NamedTensors, options?: PredictOptions): Promise<NamedTensors> {
    return this.inferencer.predict(inputs, options, this.holder.observer);
  }

  /** @throws ConfigurationError also where another pipeline shares the model, whose settings they are as well. */
  async configure(changes: Partial<InferencerSettings>): Promise<void> {
    const others = new Set([...this.shared.holders].map(({ pipeline }) => pipeline));
    others.delete(this.holder.pipeline);
    if (others.size > 0) {
      const names = [...others].map((name) => `'${name}'`).join(', ');
      const message = `cannot be changed in place: the model is shared with ${names}`;
      throw new ConfigurationError(
        '',
        Object.keys(changes).map((path) => ({ path, message })),
      );
    }
    await this.inferencer.configure(changes);
    this.shared.settings = { ...this.shared.settings, ...changes };
  }

  /** Gives the model back; it is closed when no pipeline uses it any more. */
  close(): Promise<void> {
    this.closed ??= this.release();
    return this.closed;
  }
}

/**
 * Open models, shared by all pipelines of a server: two that name the same model with the same engine, parameters and
 * settings use the same sessions and the same queue. A model is opened for the first and closed after the last.
 */
export class ModelPool {
  private readonly models = new Set<SharedModel>();

  /** @param functions what opens a model; others are for tests */
  constructor(private readonly functions: OpenFunctions = { adapt: adaptModel, open: openInferencer }) {}

  /** Models that are open or being opened. */
  get size(): number {
    return this.models.size;
  }

  /** @throws ConfigurationError when the model cannot be opened. */
  async acquire(request: ModelRequest, holder: ModelHolder): Promise<ModelLease> {
    const shared = await this.join(request, holder);
    const release = (): Promise<void> => this.release(shared, holder);
    try {
      const [inferencer] = await Promise.all([shared.opened, request.digest]);
      return new ModelLease(inferencer, shared, holder, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** The model of this request: one that is there, or a new one. `holder` is one of its holders then. */
  private async join(request: ModelRequest, holder: ModelHolder): Promise<SharedModel> {
    const identity = identityOf(request);
    const others = new Set<SharedModel>();
    const candidate = (): SharedModel | undefined =>
      [...this.models].find((model) => !others.has(model) && isCandidate(model, identity, request));
    // Large files take seconds to hash: the digest is waited for only where a model of the same size could be the same.
    for (let model = candidate(); model !== undefined; model = candidate()) {
      const [digest, its] = await Promise.all([request.digest, model.request.digest.catch(() => undefined)]);
      if (digest === its && this.models.has(model) && isCandidate(model, identity, request)) {
        model.holders.add(holder);
        return model;
      }
      others.add(model);
    }
    const model = new SharedModel(identity, request, this.functions);
    model.holders.add(holder);
    this.models.add(model);
    return model;
  }

  private async release(shared: SharedModel, holder: ModelHolder): Promise<void> {
    shared.holders.delete(holder);
    if (shared.holders.size > 0) return;
    // From here on it is not found any more: a pipeline that wants it opens it again.
    this.models.delete(shared);
    await shared.close();
  }
}

/** What beside its files and settings makes a model another one: it would be opened in another way. */
function identityOf({ document, steps, metadata, requiredInputs, inputFormats = {} }: ModelRequest): unknown {
  const { workers: _, batching, ...parameters } = document;
  return {
    parameters,
    isBatching: batching !== false,
    independentRows: batching === false ? undefined : batching.independentRows,
    steps,
    requiredInputs: [...requiredInputs].sort(),
    trialShapes: trialShapes(metadata, inputFormats),
  };
}

/** Sizes that the pipeline gives to open axes of the model at its warm-up. */
function trialShapes({ inputs }: ModelMetadata, known: Formats): unknown {
  return Object.entries(inputs).map(([name, { shape }]) => {
    const sizes = ownValue(known, name)?.shape;
    return (shape ?? sizes)?.map((axis, i) => {
      const size = sizes?.[i];
      return typeof axis === 'string' && typeof size === 'number' ? size : undefined;
    });
  });
}

function isCandidate(model: SharedModel, identity: unknown, request: ModelRequest): boolean {
  return (
    model.request.modelBytes === request.modelBytes &&
    isDeepStrictEqual(model.identity, identity) &&
    isDeepStrictEqual(model.settings, inferencerSettings(request.document))
  );
}
