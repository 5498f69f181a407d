import { type PipelineDocument } from '../definition/pipeline-document';
import { InferenceError } from '../errors';
import { type Inferencer, type PredictOptions } from '../inferencer/inferencer';
import { type PipelineMetrics } from '../observability/pipeline-metrics';
import { type Flow, type Value } from '../tensor/tensor';
import { type CheckedPipeline } from '../definition/checked-pipeline';
import { conformInput, symbolSizesOf, type Leniency, type SymbolSizes } from './conform';
import { ListDoor } from './list-door';
import { MemoryBudget, type MemoryHolder } from './memory-budget';
import { ModelDoor } from './model-door';
import { OutputSelection } from './output-selection';
import { type RequestTimeline } from '../observability/request-timeline';
import { type RunnableTransformation } from '../transformations/runnable-transformation';
import { StepChain } from './step-chain';

export interface AnswerOptions extends PredictOptions, MemoryHolder {
  /** Which dtypes are taken for the declared ones. */
  readonly leniency: Leniency;
  /** Told where the request spends its time. Default: nobody. */
  readonly timeline?: RequestTimeline;
}

/**
 * One request's way: conform → preprocess → model → postprocess → select.
 * Made by the pipeline loader, which owns and closes the inferencer. Requests run concurrently; each fails alone.
 */
export class Pipeline {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private readonly preprocessing: StepChain;
  private readonly door: ModelDoor;
  /** Set when a list goes into the model. */
  private readonly listDoor: ListDoor | undefined;
  /** Set when a step takes memory beyond what the request brought. */
  private readonly memory: MemoryBudget | undefined;
  private readonly postprocessing: StepChain;
  private readonly output: OutputSelection;
  private readonly sizes: () => SymbolSizes;

  constructor(
    private readonly checked: CheckedPipeline<RunnableTransformation>,
    private readonly inferencer: Inferencer,
    metrics: PipelineMetrics,
    /** Steps that run in the model's thread. */
    private readonly modelSteps: readonly string[] = [],
  ) {
    this.preprocessing = new StepChain(checked.preprocessing, 'STEP_REFUSED', (step) => metrics.step(step));
    const { modelInputs, modelOutputs, document } = checked;
    this.door = new ModelDoor(modelInputs, modelOutputs);
    if (modelInputs.some(({ list }) => list !== undefined)) {
      this.listDoor = new ListDoor(modelInputs, modelOutputs, document.model.imageIndex);
    }
    if (checked.preprocessing.some(({ transformation }) => transformation.reservesMemory)) {
      this.memory = new MemoryBudget(document.admission.maxBytes);
    }
    this.postprocessing = new StepChain(checked.postprocessing, 'STEP_FAILED', (step) => metrics.step(step));
    this.output = new OutputSelection(checked);
    this.sizes = symbolSizesOf(checked.input);
    this.inputNames = [...checked.input.keys()];
    this.outputNames = [...checked.output.keys()];
  }

  get document(): PipelineDocument {
    return this.checked.document;
  }

  /**
   * The answer to one request.
   * @param sent the request's tensors; those that the pipeline does not name are ignored
   * @throws InferenceError, its message meant for the client
   */
  async answer(sent: Flow, options: AnswerOptions): Promise<Flow> {
    const lease = this.memory?.lease(options);
    const { timeline } = options;
    const asked = timeline === undefined ? options : this.timed(options, timeline);
    try {
      const prepared = this.preprocessing.run(this.conform(sent, options.leniency), lease?.reserve, timeline);
      const flow = prepared instanceof Promise ? await prepared : prepared;
      const predicted =
        this.listDoor === undefined
          ? this.door.leave(await this.inferencer.predict(this.door.enter(flow), asked))
          : await this.listDoor.predict(flow, this.inferencer, asked);
      const finished = this.postprocessing.run(predicted, undefined, timeline);
      return this.output.select(finished instanceof Promise ? await finished : finished);
    } finally {
      lease?.release();
    }
  }

  private timed(options: AnswerOptions, timeline: RequestTimeline): PredictOptions {
    return { ...options, onTimes: (times) => timeline.predicted(times, this.modelSteps) };
  }

  private conform(sent: Flow, leniency: Leniency): Flow {
    const sizes = this.sizes();
    const flow = new Map<string, Value>();
    for (const [name, format] of this.checked.input) {
      const value = sent.get(name);
      if (value === undefined) {
        const names = [...sent.keys()].map((key) => `'${key}'`).join(', ') || 'none';
        throw new InferenceError('INPUT_MISSING', `input '${name}' was not sent; the request has ${names}`);
      }
      if (Array.isArray(value) || format.kind === 'list') {
        throw new InferenceError(
          'INPUT_MISMATCH',
          `input '${name}': a request brings tensors, not lists of them`,
        );
      }
      flow.set(name, conformInput(name, value as never, format, leniency, sizes));
    }
    return flow;
  }
}
