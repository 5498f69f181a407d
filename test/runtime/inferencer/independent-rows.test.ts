import { pipelineDocumentSchema } from '../../../runtime/definition/pipeline-document';
import { openInferencer } from '../../../runtime/inferencer/open-inferencer';
import { type OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { OnnxGraph as Graph } from '../../../scripts/onnx/onnx-graph';
import * as mixing from '../../fixtures/models/mixing-models';
import { centredModel, meanModel, runningSumModel } from '../../fixtures/models/tiny-models';
import { writeModel } from '../../fixtures/models/write-model';

interface Opened {
  readonly batchable: boolean;
  readonly reason: unknown;
  readonly said: unknown;
}

async function open(graph: OnnxGraph, batching: object | false = {}): Promise<Opened> {
  const logged: [string, Record<string, unknown>][] = [];
  const { inferencer, batchable } = await openInferencer({
    modelFile: writeModel(graph),
    document: pipelineDocumentSchema.shape.inferencer.parse({ batching }),
    cpus: 1,
    allowInlineTrial: true,
    log: (_level, message, fields) => logged.push([message, fields]),
  });
  await inferencer.close();
  const find = (part: string): Record<string, unknown> | undefined =>
    logged.find(([message]) => message.includes(part))?.[1];
  return {
    batchable,
    reason: find('do not share runs')?.reason,
    said: find('the document says')?.independentRows,
  };
}

it.each<[string, () => OnnxGraph, RegExp]>([
  [
    'divide by the largest of all rows',
    mixing.loudestModel,
    /row \d of output 'y' depends on the other rows/,
  ],
  ['answer in small units', mixing.smallUnitsModel, /row \d of output 'y' depends on the other rows/],
  [
    'are quantized by what comes',
    mixing.quantizedLabelModel,
    /operator DynamicQuantizeLinear takes its range from all/,
  ],
  ['hide it behind a yes or no', mixing.aboveMeanModel, /row \d of output '\w+' depends on the other rows/],
  ['hide it behind a label', mixing.mixedLabelModel, /row \d of output '\w+' depends on the other rows/],
  ['take the mean of all rows away', centredModel, /row \d of output 'y' depends on the other rows/],
])('rows that %s do not share runs', async (_, makeModel, reason) => {
  const { batchable, reason: found } = await open(makeModel());
  expect(batchable).toBe(false);
  expect(found).toMatch(reason);
});

it.each<[string, () => OnnxGraph]>([
  ['a label of their own', mixing.labelModel],
  ['sums that a batch takes in another order', mixing.layerModel],
  ['means of their own', meanModel],
])('rows with %s share runs', async (_, makeModel) => {
  expect(await open(makeModel())).toEqual({ batchable: true, reason: undefined, said: undefined });
});

/** Axis 0 has another name in the output. */
function namedApart(): OnnxGraph {
  const graph = new Graph('named-apart');
  graph.input('x', 'float32', ['people', 2]);
  graph.output(graph.node('Neg', ['x'], { name: 'y' }), 'float32', ['answers', 2]);
  return graph;
}

describe('a document that says whether rows are independent', () => {
  it('overrules the names of axes', async () => {
    expect((await open(namedApart())).reason).toBe(
      "axis 0 of output 'y' is 'answers', that of input 'x' is 'people'",
    );
    expect(await open(namedApart(), { independentRows: true })).toEqual({
      batchable: true,
      reason: undefined,
      said: true,
    });
  });

  it('overrules the trial and the operators, both ways', async () => {
    expect((await open(mixing.quantizedLabelModel(), { independentRows: true, axis: 0 })).batchable).toBe(
      true,
    );
    expect((await open(centredModel(), { independentRows: true })).batchable).toBe(true);
    expect(await open(meanModel(), { independentRows: false })).toEqual({
      batchable: false,
      reason: 'the document says that its rows depend on each other',
      said: false,
    });
  });

  it('is refused where the model has no rows', async () => {
    await expect(open(runningSumModel(), { independentRows: true })).rejects.toThrow(
      /inferencer\.batching\.independentRows: cannot be true for this model: axis 0 of input 'x' is always 1/,
    );
  });
});
