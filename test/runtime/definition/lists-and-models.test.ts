import { type ModelMetadata } from '../../../runtime/formats/model-metadata';
import { placeSteps } from '../../../runtime/inferencer/model-side/place-steps';
import { labelsOf } from '../../../runtime/inferencer/model-side/stepped-flow';
import { type PipelineDocument } from '../../../runtime/definition/pipeline-document';
import { type ModelSteps } from '../../../runtime/inferencer/model-side/model-steps';
import { check, facts, partsOf, pipelineOf, problemsOf } from '../../fixtures/pipelines';

const DETECTIONS = {
  boxes: facts('float32', ['n', 4]),
  labels: facts('int64', ['n']),
  scores: facts('float32', ['n']),
  masks: facts('float32', ['n', 1, 9, 12]),
};
const detector = (...shape: (number | string)[]): ModelMetadata => ({
  inputs: { image: facts('float32', shape) },
  outputs: DETECTIONS,
});
const classifier: ModelMetadata = {
  inputs: { image: facts('float32', ['batch', 3, 9, 12]) },
  outputs: { classes: facts('float32', ['batch', 5]) },
};

const steps = `
input: { pictures: { dtype: uint8, shape: [batch, 9, 12, 3], layout: NHWC } }
preprocessing: [{ use: split-batch }, { use: transpose, axes: [2, 0, 1] }, { use: image-to-float }]
`;
const gathered = `${steps}postprocessing: [{ use: filter-detections }, { use: gather-detections }]\n`;
const indexed = 'model: { name: m, version: "1", imageIndex: image }\n';

describe('a list that goes into a model', () => {
  it.each([
    ['each', detector(3, 9, 12)],
    ['row', detector(1, 3, 9, 12)],
    ['row', detector('batch', 3, 9, 12)],
  ])('goes item by item (%s) where the model takes one', (list, model) => {
    const { plan } = check(pipelineOf(gathered), model);
    expect(partsOf(plan).model.inputs).toEqual([
      expect.objectContaining({ model: 'image', value: 'pictures', list }),
    ]);
    expect(partsOf(plan).model.outputs[0].format).toEqual({
      kind: 'list',
      length: 'batch',
      item: DETECTIONS.boxes,
    });
    expect(plan!.output.get('masks')).toMatchObject({
      dtype: 'uint8',
      shape: ['all(kept(n))', 1, 9, 12],
    });
  });

  it('goes as one batch where the document names the image index', () => {
    const { outputs } = detector();
    const model = { inputs: classifier.inputs, outputs: { ...outputs, image: facts('int64', ['n']) } };
    const { plan } = check(pipelineOf(gathered + indexed), model);
    expect(partsOf(plan).model.inputs[0].list).toBe('batch');
    expect(partsOf(plan).model.outputs.map(({ value }) => value)).toEqual([
      'boxes',
      'labels',
      'scores',
      'masks',
    ]);
  });

  it.each([
    ['another size', gathered, detector(3, 8, 12), 'expected 8 along axis 1, got 9'],
    ['other channels', gathered, detector(1, 9, 12), 'expected 1 along axis 0, got 3'],
    ['another rank', gathered, detector(9, 12), 'expected 2 axes [9, 12], got 3 [3, 9, 12]'],
    [
      'a batch of a fixed size',
      gathered,
      detector(4, 3, 9, 12),
      'it takes 4 items at a time; a list is passed on item by item',
    ],
    ['an index that the model lacks', gathered + indexed, classifier, 'the model has no output "image"'],
  ])('is refused at load by a model of %s', (_, parts, model, message) => {
    expect(problemsOf(pipelineOf(parts), model).join('\n')).toContain(message);
  });

  it('is missed where an image index is named and there is none', () => {
    const parts = `${indexed}input: { image: { dtype: float32, shape: [batch, 3, 9, 12] } }\n`;
    expect(
      problemsOf(pipelineOf(parts), {
        ...classifier,
        outputs: { ...classifier.outputs, image: facts('int64', ['n']) },
      }),
    ).toContain('model.imageIndex: is for lists, none goes into the model; split a batch first');
  });

  it('names the outputs that a step after the model misses', () => {
    expect(
      problemsOf(pipelineOf(gathered), { ...classifier, inputs: { image: facts('float32', [3, 9, 12]) } }),
    ).toEqual([
      expect.stringMatching(/^postprocessing\[0\]: .*there is no value "scores"; there are: classes$/),
    ]);
  });

  it('cannot be an answer', () => {
    expect(problemsOf(pipelineOf(steps), detector(3, 9, 12)).join('\n')).toContain(
      'an answer holds tensors, stack it first',
    );
  });
});

/** The parts of the pipeline with its steps placed. */
function placed(
  document: PipelineDocument,
  model: ModelMetadata,
): ReturnType<typeof partsOf> & { readonly modelSteps: ModelSteps | undefined } {
  const { plan, modelSteps } = placeSteps(check(document, model).plan!, () => model);
  const parts = partsOf(plan);
  return { ...parts, modelSteps: modelSteps.get(parts.model) };
}

describe('the steps next to a model', () => {
  it('run in its thread when they work on each picture alone', () => {
    const model = detector(3, 9, 12);
    const { before, after, modelSteps } = placed(pipelineOf(gathered), model);
    expect(before.map(({ label }) => label)).toEqual(['preprocessing[0] split-batch']);
    expect(after.map(({ label }) => label)).toEqual(['postprocessing[1] gather-detections']);
    expect(labelsOf(modelSteps!)).toEqual([
      'preprocessing[1] transpose + preprocessing[2] image-to-float',
      'postprocessing[0] filter-detections',
    ]);
    expect(modelSteps!.inputs[0].format).toMatchObject({ dtype: 'uint8', shape: [9, 12, 3] });
    // What gathering does to each picture alone, too: masks leave the thread as bytes.
    expect(modelSteps!.after.at(-1)).toMatchObject({ use: 'gather-detections', isPreparation: true });
    expect(structuredClone(modelSteps)).toEqual(modelSteps);
  });

  it('stay where they are when requests can share a run of the model', () => {
    const { plan } = check(
      pipelineOf(`${steps}postprocessing: [{ use: squeeze, axis: 0 }, { use: stack }]\n`),
      classifier,
    );
    expect(placeSteps(plan!, () => classifier)).toEqual({ plan, modelSteps: new Map() });
  });

  it('stay where they are around small tensors', () => {
    const parts =
      'input: { x: { dtype: float32, shape: [4] } }\npreprocessing: [{ use: scale, factor: 2 }]\n';
    const model = { inputs: { x: facts('float32', [4]) }, outputs: { y: facts('float32', [4]) } };
    expect(placed(pipelineOf(parts), model).modelSteps).toBeUndefined();
  });

  it('run in its thread around one large tensor', () => {
    const parts =
      'input: { x: { dtype: uint8, shape: [900, 1200, 3] } }\npreprocessing: [{ use: image-to-float }]\n';
    const model = { inputs: { x: facts('float32', [900, 1200, 3]) }, outputs: { y: facts('float32', [4]) } };
    expect(labelsOf(placed(pipelineOf(parts), model).modelSteps!)).toEqual([
      'preprocessing[0] image-to-float',
    ]);
  });
});
