import { type PipelineDocument } from '../definition/pipeline-document';
import { readAfter, type InferNode, type Plan } from '../definition/plan';
import { InferenceError } from '../errors';
import { type PredictOptions } from '../inferencer/inferencer';
import { type PipelineMetrics } from '../observability/pipeline-metrics';
import { type RequestTimeline } from '../observability/request-timeline';
import { type Flow, type Value } from '../tensor/tensor';
import { type RunnableTransformation } from '../transformations/runnable-transformation';
import { conformInput, symbolSizesOf, type Leniency, type SymbolSizes } from './conform';
import { ListCall } from './list-call';
import { MemoryBudget, type MemoryHolder } from './memory-budget';
import { ModelCall, type ModelOfNode } from './model-call';
import { OutputSelection } from './output-selection';
import { StepChain, type RunnableStep } from './step-chain';

export interface AnswerOptions extends PredictOptions, MemoryHolder {
  /** Which dtypes are taken for the declared ones. */
  readonly leniency: Leniency;
  /** Observes where the request spends its time. Default: nobody does. */
  readonly timeline?: RequestTimeline;
}

type RunnablePlan = Plan<RunnableTransformation>;

/**
 * One request's way: conform, then the nodes of the plan in order, then select. Steps that follow each other run as one
 * stage. Made by the pipeline loader, which owns the models. Requests run concurrently; each fails alone.
 */
export class Pipeline {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private readonly stages: readonly (StepChain | ModelCall)[];
  /** Set when a step takes memory beyond what the request brought. */
  private readonly memory: MemoryBudget | undefined;
  private readonly output: OutputSelection;
  private readonly sizes: () => SymbolSizes;

  constructor(
    private readonly plan: RunnablePlan,
    modelOf: (node: InferNode) => ModelOfNode,
    metrics: Pick<PipelineMetrics, 'step'>,
  ) {
    this.stages = stagesOf(plan, modelOf, metrics);
    if (plan.nodes.some((node) => node.kind === 'use' && node.transformation.reservesMemory)) {
      this.memory = new MemoryBudget(plan.document.admission.maxBytes);
    }
    this.output = new OutputSelection(plan);
    this.sizes = symbolSizesOf(plan.input);
    this.inputNames = [...plan.input.keys()];
    this.outputNames = [...plan.output.keys()];
  }

  /** As it was loaded; settings may have been changed since. */
  get document(): PipelineDocument {
    return this.plan.document;
  }

  /** Changes how many bytes all requests may hold beyond what they brought. */
  limitMemory(maxBytes: number): void {
    this.memory?.limit(maxBytes);
  }

  /**
   * The answer to one request.
   * @param sent the request's tensors; those that the pipeline does not name are ignored
   * @throws InferenceError, its message meant for the client
   */
  async answer(sent: Flow, options: AnswerOptions): Promise<Flow> {
    const lease = this.memory?.lease(options);
    const { timeline } = options;
    try {
      let flow = this.conform(sent, options.leniency);
      for (const stage of this.stages) {
        if (stage.kind === 'steps') {
          const done = stage.run(flow, lease?.reserve, timeline);
          flow = done instanceof Promise ? await done : done;
        } else {
          const timed = timeline === undefined ? options : withTimes(options, timeline, stage);
          const predicted = stage.predict(flow, timed);
          flow = stage.keep(flow);
          flow = stage.leave(await predicted, flow);
        }
      }
      return this.output.select(flow);
    } finally {
      lease?.release();
    }
  }

  private conform(sent: Flow, leniency: Leniency): Flow {
    const sizes = this.sizes();
    const flow = new Map<string, Value>();
    for (const [name, format] of this.plan.input) {
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

/** The nodes as what runs: a stage for each model, and one for the steps between two of them. */
function stagesOf(
  plan: RunnablePlan,
  modelOf: (node: InferNode) => ModelOfNode,
  metrics: Pick<PipelineMetrics, 'step'>,
): (StepChain | ModelCall)[] {
  const stages: (StepChain | ModelCall)[] = [];
  let steps: RunnableStep[] = [];
  let refusal: 'STEP_REFUSED' | 'STEP_FAILED' = 'STEP_REFUSED';
  const endSteps = (): void => {
    if (steps.length > 0) stages.push(new StepChain(steps, refusal, (step) => metrics.step(step)));
    steps = [];
  };
  plan.nodes.forEach((node, index) => {
    if (node.kind === 'use') {
      steps.push(node);
      return;
    }
    endSteps();
    // What fails from here on is not the client's data any more.
    refusal = 'STEP_FAILED';
    const model = modelOf(node);
    const later = readAfter(plan, index);
    const kept = [...node.output.keys()].filter((name) => !node.writes.includes(name) && later.has(name));
    const Call = node.inputs.some(({ list }) => list !== undefined) ? ListCall : ModelCall;
    stages.push(new Call(node, model, kept));
  });
  endSteps();
  return stages;
}

function withTimes(
  options: AnswerOptions,
  timeline: RequestTimeline,
  { stepLabels, stepsBefore }: ModelCall,
): PredictOptions {
  return { ...options, onTimes: (times) => timeline.predicted(times, stepLabels, stepsBefore) };
}
