import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../../contracts/program/problem';
import { readDocument } from '../../../runtime/definition/read-document';
import { isTensor, tensor, type Flow } from '../../../runtime/tensor/tensor';
import { check, facts, partsOf } from '../../fixtures/pipelines';

const FALL_DETECTION = join(__dirname, '../../fixtures/reference-fall-detection');

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

/** The fall-detection directory with some of its files replaced by others (or by text that is no JSON). */
function changed(files: Readonly<Record<string, unknown>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'reference-'));
  directories.push(directory);
  cpSync(FALL_DETECTION, directory, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(directory, file));
    else
      writeFileSync(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

function problemsOf(directory: string): string[] {
  try {
    readDocument(directory);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.source).toBe(directory);
    return error.problems.map(({ path, message }) => [path, message].filter(Boolean).join(': '));
  }
}

const MODEL = {
  inputs: { serving_default: facts('float32', [1, 9, 4]) },
  outputs: { StatefulPartitionedCall: facts('float32', [1]) },
};

describe('a reference configuration directory', () => {
  it('becomes the document that means the same', () => {
    const { document, from } = readDocument(FALL_DETECTION);
    expect(from).toBe('reference-directory');
    expect(document).toMatchObject({
      name: 'fall-detection',
      service: 'extended',
      input: { array: { shape: [9, 3], unit: 'tag', normalized: false, vectorLength: false } },
      preprocessing: [
        { use: 'rename', to: 'numerical' },
        { use: 'scale', factor: 3.90625, unit: 'millig' },
        { use: 'vector-length', axis: 1 },
        { use: 'append-column', axis: 1 },
        { use: 'normalize' },
        { use: 'expand', axis: 0 },
      ],
      model: {
        name: 'fall-detection',
        version: 'pilot-2-2',
        format: { numerical: { shape: [1, 9, 4], unit: 'millig', normalized: true, vectorLength: true } },
      },
      inferencer: { use: 'onnx', execution: 'auto' },
      postprocessing: [{ use: 'rename', to: 'prediction' }],
    });
  });

  it('passes the format check with any name of the model for its tensors', () => {
    const { problems, notes, plan } = check(readDocument(FALL_DETECTION).document, MODEL);
    expect(problems).toEqual([]);
    expect(notes).toEqual([]);
    expect(partsOf(plan).model.inputs).toMatchObject([{ model: 'serving_default', value: 'numerical' }]);
    expect(plan!.output).toEqual(new Map([['prediction', facts('float32', [1])]]));
  });

  it.each(['int16', 'int32', 'float32', 'float64', 'int64'] as const)(
    'computes what the published server computes, for %s data',
    (dtype) => {
      const { plan } = check(readDocument(FALL_DETECTION).document, MODEL);
      const values = Array.from({ length: 27 }, (_, i) => ((i * 37) % 4096) - 2048);
      const data = dtype === 'int64' ? BigInt64Array.from(values.map(BigInt)) : undefined;
      const arrays = { int16: Int16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
      const input = data
        ? tensor('int64', [9, 3], data)
        : tensor(dtype, [9, 3], arrays[dtype as keyof typeof arrays].from(values));
      let flow: Flow = new Map([['array', input]]);
      for (const step of partsOf(plan).before) {
        flow = step.transformation.applyFlow(flow, step.parameters, step.names) as Flow;
      }
      const result = flow.get('numerical')!;
      if (!isTensor(result)) throw new Error('got a list');
      expect([...flow.keys()]).toEqual(['numerical']);
      expect(result).toMatchObject({ dtype: dtype === 'float64' ? 'float64' : 'float32', shape: [1, 9, 4] });
      const mean = [-1082.6096911969087, -152.6260465746924, -125.43403613436833, 1478.656413757267];
      const std = [1049.907620444408, 556.0640075934297, 780.0383078816246, 1022.0586009091664];
      for (let row = 0; row < 9; row++) {
        const scaled = values.slice(row * 3, row * 3 + 3).map((value) => value * 3.90625);
        [...scaled, Math.hypot(...scaled)].forEach((value, column) => {
          const got = Number(result.data[row * 4 + column]);
          expect(got).toBeCloseTo((value - mean[column]) / std[column], 4);
        });
      }
    },
  );

  it('may use the other service, other libraries and other inferencers, and needs no parameters', () => {
    const directory = changed({
      'format.json': { data_types: { numerical: { size: [5, 4], normalized: false } } },
      'model.json': { model_name: 'Fall Detection 2', model_version: 7, library: 'torch' },
      'preprocessing_pipeline.json': [
        { id: 'inference_application.custom.basic_norm' },
        { id: 'inference_application.custom.expansion', parameters: { axis: 0 } },
      ],
      'postprocessing_pipeline.json': [],
      'setup.json': {
        service: { servicer: 'basic-inf-svc' },
        inference: { inferencer: 'inference_application.code.inferencers.torch_rcnn_inferencer' },
      },
    });
    expect(problemsOf(directory)).toEqual([
      'model.name: a component name is letters, digits and . _ -, at most 128, without slashes, got string "Fall Detection 2"',
    ]);
    writeFileSync(
      join(directory, 'model.json'),
      JSON.stringify({ model_name: 'Fall.Detection_2', model_version: 7 }),
    );
    expect(readDocument(directory).document).toMatchObject({
      name: 'fall-detection-2',
      service: 'basic',
      input: { numerical: { shape: [5, 4] } },
      model: { name: 'Fall.Detection_2', version: '7' },
    });
  });

  it('may describe lists of pictures, which the format check does not compare', () => {
    const directory = changed({
      'model.json': {
        model_name: 'car-damage',
        model_version: 'pilot-3-1',
        input_format: { data_types: { list: { 'torch-tensor': { size: [1200, 4, 900] } } } },
      },
    });
    expect(readDocument(directory).document.model.format).toBeUndefined();
  });

  it('keeps the steps of components as they are', () => {
    const directory = changed({
      'postprocessing_pipeline.json': [{ id: 'my.own', parameters: { level: 2 } }],
    });
    expect(readDocument(directory).document.postprocessing).toEqual([{ use: 'my.own', level: 2 }]);
  });

  it('is refused with every problem of every file', () => {
    const directory = changed({
      'format.json': { data_types: { tensor: { size: [9, '3'] } } },
      'model.json': { model_name: 'fall-detection', model_verison: '1', library: 'onx' },
      'preprocessing_pipeline.json': '[{ "id": "a" },',
      'postprocessing_pipeline.json': undefined,
      'setup.json': { service: { servicer: 'extended' }, inference: { inferencer: 'mine' } },
    });
    expect(problemsOf(directory)).toEqual([
      'format.json: data_types.tensor.size[1]: expected integer, got string "3"',
      'model.json: model_version: is missing; expected string or number',
      'model.json: library: expected one of onnx, tflite, torch, got string "onx"; did you mean "onnx"?',
      'model.json: model_verison: is unknown; did you mean "model_version"?; allowed: model_name, model_version, library, input_format',
      expect.stringMatching(/^preprocessing_pipeline\.json: line 1, column \d+: /),
      'postprocessing_pipeline.json: there is no such file or directory',
      'setup.json: service.servicer: expected one of extended-inf-svc, basic-inf-svc, got string "extended"',
      'setup.json: inference.inferencer: there is no inferencer "mine"; there are: …tflite_inferencer, …torch_rcnn_inferencer, …onnx_inferencer, …onnx',
    ]);
  });

  it('is refused with every wrong parameter', () => {
    const directory = changed({
      'preprocessing_pipeline.json': [
        { id: 'custom.rescale_values_to_milli_gi', parameters: { multiplyer: 2 } },
        { id: 'custom.compute_vector_length', parameters: { axis: 'x' } },
        { id: 'my.own', parameters: { version: 1 } },
      ],
    });
    expect(problemsOf(directory)).toEqual([
      'preprocessing_pipeline.json: [0].parameters.multiplyer: is unknown; did you mean "multiplier"?; allowed: multiplier',
      'preprocessing_pipeline.json: [1].parameters.axis: expected integer, got string "x"',
      'preprocessing_pipeline.json: [2].parameters.version: is a name that no parameter can have',
    ]);
  });

  it('is not any directory', () => {
    expect(problemsOf(__dirname)).toEqual([
      "holds no pipeline; expected a document's file, a directory with pipeline.yaml, or one with format.json, model.json, preprocessing_pipeline.json, postprocessing_pipeline.json, setup.json",
    ]);
  });
});
