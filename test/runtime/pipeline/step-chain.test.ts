import { Registry } from 'prom-client';
import { HotHistogram } from '../../../runtime/observability/hot-histogram';
import { type FlowFormat } from '../../../runtime/formats/format';
import { type RunnableTransformation } from '../../../runtime/transformations/runnable-transformation';
import { StepChain, type RunnableStep } from '../../../runtime/pipeline/step-chain';
import { tensor, type Flow, type Value } from '../../../runtime/tensor/tensor';

const promised: FlowFormat = new Map([['x', { kind: 'tensor', dtype: 'float32', shape: ['n', 'n'] }]]);
const flowOf = (value: Value): Flow => new Map([['x', value]]);
const square = tensor('float32', [2, 2], new Float32Array(4));

function chainOf(
  applyFlow: RunnableTransformation['applyFlow'],
  isComponent: boolean,
): { chain: StepChain; series: HotHistogram } {
  const series = new HotHistogram(new Registry(), { name: 'step_seconds', help: 'Steps', type: 'summary' });
  const transformation: RunnableTransformation = {
    name: 'tested',
    isComponent,
    parse: () => ({ parameters: undefined }),
    formatFlow: (flow) => flow,
    applyFlow,
  };
  const step: RunnableStep = {
    kind: 'use',
    path: 'preprocessing[0]',
    label: 'preprocessing[0] tested',
    transformation,
    parameters: undefined,
    names: { on: 'x', as: 'x' },
    reads: ['x'],
    writes: ['x'],
    input: promised,
    output: promised,
  };
  return { chain: new StepChain([step], 'STEP_REFUSED', (name) => series.labels({ step: name })), series };
}

async function outcome(applyFlow: RunnableTransformation['applyFlow'], isComponent = true): Promise<unknown> {
  return chainOf(applyFlow, isComponent).chain.run(flowOf(square));
}

describe('StepChain', () => {
  it('passes on what a step leaves, and observes its time once', async () => {
    const { chain, series } = chainOf((flow) => Promise.resolve(flow), true);
    expect(await chain.run(flowOf(square))).toEqual(flowOf(square));
    expect(series.labels({ step: 'preprocessing[0] tested' }).count).toBe(1);
  });

  it.each([
    [false, 'STEP_REFUSED'],
    [true, 'STEP_FAILED'],
  ])('names the step that throws, whether it is a component (%s) or not', async (isComponent, code) => {
    const fail = (): never => {
      throw new Error('no luck');
    };
    await expect(outcome(fail, isComponent)).rejects.toMatchObject({
      code,
      step: 'preprocessing[0] tested',
      message: 'preprocessing[0] tested: no luck',
    });
  });
});
