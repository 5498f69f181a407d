import {
  readAfter,
  type InferNode,
  type Plan,
  type PlanNode,
  type UseNode,
} from '../../../runtime/definition/plan';
import { type FlowFormat, type TensorFormat } from '../../../runtime/formats/format';
import { Batcher } from '../../../runtime/inferencer/batcher';
import { type Inferencer, type PredictOptions } from '../../../runtime/inferencer/inferencer';
import { placeSteps } from '../../../runtime/inferencer/model-side/place-steps';
import { Metrics } from '../../../runtime/observability/metrics';
import { PipelineMetrics } from '../../../runtime/observability/pipeline-metrics';
import { Pipeline, type AnswerOptions } from '../../../runtime/pipeline/pipeline';
import { tensor, type Flow, type NamedTensors, type Tensor } from '../../../runtime/tensor/tensor';
import { resolveBuiltIn } from '../../../runtime/transformations/built-in-step';
import { type RunnableTransformation } from '../../../runtime/transformations/runnable-transformation';
import { SumSession } from '../../fixtures/sum-session';
import { documentOf, facts, FALL_DETECTION } from '../../fixtures/pipelines';

const rows = (...values: number[]): Tensor =>
  tensor('float32', [1, values.length], Float32Array.from(values));
const one = (value: number): Tensor => tensor('float32', [1], Float32Array.of(value));
const TABLE = facts('float32', ['batch', 'length']);
const SUM = facts('float32', ['batch']);

/** A step of a built-in, as the format check leaves it. */
function use(
  text: Record<string, unknown> & { use: string },
  input: FlowFormat,
  on: string,
  as = on,
): UseNode<RunnableTransformation> {
  const { use: name, ...parameters } = text;
  const transformation = resolveBuiltIn({ use: name })!;
  const parsed = transformation.parse(parameters);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const names = { on, as };
  const output = transformation.formatFlow(input, parsed.parameters, names);
  const reads = transformation.over === 'value' ? [on] : [...input.keys()];
  const label = `${name} ${on}`;
  return {
    kind: 'use',
    path: label,
    label,
    transformation,
    ...parsed,
    names,
    reads,
    writes: [as],
    input,
    output,
  };
}

/** A run of a model `x` → `sum` that keeps what else there is. */
function infer(model: string, value: string, result: string, input: FlowFormat): InferNode {
  const format = input.get(value) as TensorFormat;
  return {
    kind: 'infer',
    path: model,
    label: `infer ${model}`,
    model,
    reads: [value],
    writes: [result],
    input,
    output: new Map([...input, [result, SUM]]),
    inputs: [{ model: 'x', value, format, modelFormat: TABLE }],
    outputs: [{ model: 'sum', value: result, format: SUM, modelFormat: SUM }],
  };
}

function planOf(
  input: FlowFormat,
  nodes: PlanNode<RunnableTransformation>[],
  output: string[],
): Plan<RunnableTransformation> {
  const last = nodes.at(-1)!.output;
  return {
    document: documentOf(FALL_DETECTION),
    input,
    nodes,
    models: new Map(),
    output: new Map(output.map((name) => [name, last.get(name)!])),
    promised: new Map(),
    outputValues: new Map(output.map((name) => [name, name])),
  };
}

/** An inferencer that notes which options it was asked with. */
class Noting extends Batcher {
  readonly asked: (PredictOptions | undefined)[] = [];

  override predict(inputs: NamedTensors, options?: PredictOptions): Promise<NamedTensors> {
    this.asked.push(options);
    return super.predict(inputs, options);
  }
}

function summing(): Noting {
  return new Noting([new SumSession(true)], {
    batchable: true,
    maxBatchSize: 8,
    maxQueueDelayMs: 0,
    maxQueueSize: 8,
  });
}

const options: AnswerOptions = { leniency: 'integers' };
const INPUT: FlowFormat = new Map([['a', TABLE]]);

/** scale a → infer first → expand → concat with what was kept → infer second → scale. */
function chain(): Plan<RunnableTransformation> {
  const scale = use({ use: 'scale', factor: 2 }, INPUT, 'a');
  const first = infer('first', 'a', 'total', scale.output);
  const column = use({ use: 'expand', axis: 1 }, first.output, 'total');
  const joined = use({ use: 'concat', with: ['total'], axis: 1 }, column.output, 'a', 'both');
  const second = infer('second', joined.writes[0], 'grand', joined.output);
  const halve = use({ use: 'scale', factor: 0.5 }, second.output, 'grand');
  return planOf(INPUT, [scale, first, column, joined, second, halve], ['grand']);
}

describe('a plan with several models', () => {
  it('runs its nodes in order, each with the latest values', async () => {
    const models: Record<string, Inferencer> = { first: summing(), second: summing() };
    const pipeline = new Pipeline(chain(), ({ model }) => ({ inferencer: models[model] }), metrics());
    // 2 · (1, 2) = (2, 4), sum 6; (2, 4, 6), sum 12; halved.
    const answer = await pipeline.answer(new Map([['a', rows(1, 2)]]), options);
    expect([...answer]).toEqual([['grand', one(6)]]);
  });

  it('may run one model on what another one left, and answer both', async () => {
    const first = infer('first', 'a', 'total', INPUT);
    const column = use({ use: 'expand', axis: 1 }, first.output, 'total', 'column');
    const second = infer('second', 'column', 'again', column.output);
    const plan = planOf(INPUT, [first, column, second], ['total', 'again']);
    const model = summing();
    const pipeline = new Pipeline(plan, () => ({ inferencer: model }), metrics());
    const answer = await pipeline.answer(new Map([['a', rows(3, 4)]]), options);
    expect([...answer]).toEqual([
      ['total', one(7)],
      ['again', one(7)],
    ]);
  });

  it('releases a value after its last reader, and no earlier', async () => {
    const seen: string[][] = [];
    const spy = (input: FlowFormat): UseNode<RunnableTransformation> => ({
      ...use({ use: 'scale', factor: 1 }, input, 'last'),
      transformation: {
        name: 'spy',
        parse: () => ({ parameters: undefined }),
        formatFlow: (flow) => flow,
        applyFlow: (flow: Flow) => {
          seen.push([...flow.keys()]);
          return flow;
        },
      },
    });
    const two: FlowFormat = new Map([
      ['a', TABLE],
      ['b', TABLE],
    ]);
    const first = infer('first', 'a', 'last', two);
    const second = infer('second', 'b', 'other', first.output);
    const plan = planOf(two, [first, spy(first.output), second, spy(second.output)], ['last', 'other']);
    const model = summing();
    const pipeline = new Pipeline(plan, () => ({ inferencer: model }), metrics());
    await pipeline.answer(
      new Map([
        ['a', rows(1)],
        ['b', rows(2)],
      ]),
      options,
    );
    expect(seen).toEqual([
      ['b', 'last'],
      ['last', 'other'],
    ]);
  });

  it('gives memory away only where nothing else reads it', async () => {
    const kept = summing();
    const last = summing();
    const models: Record<string, Inferencer> = { first: kept, second: last };
    const pipeline = new Pipeline(chain(), ({ model }) => ({ inferencer: models[model] }), metrics());
    await pipeline.answer(new Map([['a', rows(1, 2)]]), { ...options, transfer: true });
    expect(kept.asked[0]?.transfer).toBe(false);
    expect(last.asked[0]?.transfer).toBe(true);
  });

  it("blames the client for a step before the first model only, and observes each step's time once", async () => {
    const measured = new Metrics();
    const failing = (input: FlowFormat, on: string): UseNode<RunnableTransformation> => ({
      ...use({ use: 'scale', factor: 1 }, input, on),
      transformation: {
        name: 'failing',
        parse: () => ({ parameters: undefined }),
        formatFlow: (flow) => flow,
        applyFlow: () => {
          throw new Error('no luck');
        },
      },
    });
    const before = use({ use: 'scale', factor: 2 }, INPUT, 'a');
    const first = infer('first', 'a', 'total', before.output);
    const model = summing();
    const answer = (nodes: PlanNode<RunnableTransformation>[]): Promise<Flow> =>
      new Pipeline(
        planOf(INPUT, nodes, ['total']),
        () => ({ inferencer: model }),
        new PipelineMetrics(measured, 'p'),
      ).answer(new Map([['a', rows(1)]]), options);
    await expect(answer([failing(INPUT, 'a'), first])).rejects.toMatchObject({ code: 'STEP_REFUSED' });
    await expect(answer([before, first, failing(first.output, 'total')])).rejects.toMatchObject({
      code: 'STEP_FAILED',
      step: 'scale total',
    });
    expect(measured.stepSeconds.labels({ pipeline: 'p', step: 'scale a' }).count).toBe(1);
  });
});

describe('readAfter', () => {
  it('knows what later nodes still need of the present values', () => {
    const plan = chain();
    expect(readAfter(plan, 0)).toEqual(new Set(['a']));
    expect([...readAfter(plan, 1)].sort()).toEqual(['a', 'total']);
    expect(readAfter(plan, 4)).toEqual(new Set(['grand']));
    expect(readAfter(plan, 5)).toEqual(new Set(['grand']));
  });
});

describe('steps around several models', () => {
  const PICTURE = facts('uint8', [900, 1200, 3]);
  const large = { inputs: { x: facts('float32', [900, 1200, 3]) }, outputs: { sum: facts('float32', [1]) } };

  function placed(keep: boolean): { labels: string[]; inside: (string[] | undefined)[] } {
    const input: FlowFormat = new Map([['a', PICTURE]]);
    const float = use({ use: 'image-to-float' }, input, 'a');
    const first = infer('first', 'a', 'total', float.output);
    const second = infer('second', 'a', 'again', first.output);
    const nodes = keep ? [float, first, second] : [float, { ...first, output: new Map([['total', SUM]]) }];
    const { plan, modelSteps } = placeSteps(planOf(input, nodes, ['total']), () => large);
    return {
      labels: plan.nodes.map(({ label }) => label),
      inside: plan.nodes
        .filter((node) => node.kind === 'infer')
        .map((node) => modelSteps.get(node)?.inputs[0].steps.map(({ label }) => label)),
    };
  }

  it('run in the thread of a model that alone reads what they leave', () => {
    expect(placed(false)).toEqual({ labels: ['infer first'], inside: [['image-to-float a']] });
  });

  it('stay outside of a model where another one reads the same value', () => {
    expect(placed(true)).toEqual({
      labels: ['image-to-float a', 'infer first', 'infer second'],
      inside: [undefined, undefined],
    });
  });
});

function metrics(): PipelineMetrics {
  return new PipelineMetrics(new Metrics(), 'p');
}
