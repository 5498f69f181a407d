import { InferenceError, type ErrorCode } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { type HotSeries } from '../observability/hot-histogram';
import { type Flow } from '../tensor/tensor';
import { type UseNode } from '../definition/plan';
import { type RunnableTransformation } from '../transformations/runnable-transformation';
import { type RequestTimeline } from '../observability/request-timeline';
import { type ReserveMemory } from '../transformations/transformation';

export type RunnableStep = UseNode<RunnableTransformation>;

/** Steps that follow each other without a model between them; an error of one leaves as an InferenceError that names it. */
export class StepChain {
  readonly kind = 'steps';
  private readonly series: readonly HotSeries[];

  /**
   * @param refusal what an error of a built-in step means: before any model the client's data, after one our own failure
   * @param seriesOf where the seconds of a step are observed
   */
  constructor(
    private readonly steps: readonly RunnableStep[],
    private readonly refusal: Extract<ErrorCode, 'STEP_REFUSED' | 'STEP_FAILED'>,
    seriesOf: (step: string) => HotSeries,
  ) {
    this.series = steps.map(({ label }) => seriesOf(label));
  }

  /** Runs all steps; a promise only when one of them runs in another thread. */
  run(flow: Flow, reserve?: ReserveMemory, timeline?: RequestTimeline): Flow | Promise<Flow> {
    return this.runFrom(0, flow, reserve, timeline);
  }

  private runFrom(
    first: number,
    flow: Flow,
    reserve: ReserveMemory | undefined,
    timeline: RequestTimeline | undefined,
  ): Flow | Promise<Flow> {
    let current = flow;
    let started = performance.now();
    for (let index = first; index < this.steps.length; index += 1) {
      const result = this.apply(this.steps[index], current, reserve);
      if (result instanceof Promise) return this.continueAfter(index, result, started, reserve, timeline);
      current = result;
      const now = performance.now();
      this.series[index].observe((now - started) / 1000);
      if (timeline !== undefined) timeline.step(this.steps[index].label, started, now);
      started = now;
    }
    return current;
  }

  private async continueAfter(
    index: number,
    pending: Promise<Flow>,
    started: number,
    reserve: ReserveMemory | undefined,
    timeline: RequestTimeline | undefined,
  ): Promise<Flow> {
    let result: Flow;
    try {
      result = await pending;
    } catch (error) {
      throw this.explain(this.steps[index], error);
    }
    const now = performance.now();
    this.series[index].observe((now - started) / 1000);
    if (timeline !== undefined) timeline.step(this.steps[index].label, started, now);
    return this.runFrom(index + 1, result, reserve, timeline);
  }

  private apply(step: RunnableStep, flow: Flow, reserve: ReserveMemory | undefined): Flow | Promise<Flow> {
    try {
      return step.transformation.applyFlow(flow, step.parameters, step.names, step.timeoutMs, reserve);
    } catch (error) {
      throw this.explain(step, error);
    }
  }

  private explain(step: RunnableStep, error: unknown): InferenceError {
    const { label: name, transformation } = step;
    if (error instanceof InferenceError) {
      return new InferenceError(error.code, error.message, { step: name, cause: error.cause ?? error });
    }
    const code = transformation.isComponent === true ? 'STEP_FAILED' : this.refusal;
    return new InferenceError(code, `${name}: ${messageOf(error)}`, { step: name, cause: error });
  }
}
