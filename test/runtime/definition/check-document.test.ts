import {
  checkDocument,
  ConfigurationError,
  definePipeline,
  type PipelineDocumentInput,
} from '../../../runtime/definition';
import { facts } from '../../fixtures/pipelines';

const PIPELINE: PipelineDocumentInput = {
  name: 'p',
  input: { x: { dtype: 'int16', shape: [9, 3] } },
  preprocessing: [{ use: 'scale', factor: 2, unit: 'g' }, { use: 'expand' }],
  model: { name: 'm', version: '1' },
};

const withSteps = (
  ...preprocessing: NonNullable<PipelineDocumentInput['preprocessing']>
): PipelineDocumentInput => ({
  ...PIPELINE,
  preprocessing,
});

describe('checkDocument', () => {
  it('gives the document with its defaults, and the pipeline when the model is known', () => {
    const model = { inputs: { a: facts('float32', [1, 9, 3]) }, outputs: { y: facts('float32', []) } };
    const { document, problems, plan } = checkDocument(PIPELINE, { model });
    expect(problems).toEqual([]);
    expect(document).toMatchObject({ postprocessing: [] });
    expect(plan!.output).toEqual(new Map([['y', facts('float32', [])]]));
  });

  it.each([
    ['tensorrt', 'expected onnx, got string "tensorrt"'],
    [7, 'expected onnx, got number 7'],
  ])('refuses an engine that there is not: %s', (use, message) => {
    const input = { ...PIPELINE, inferencer: { use } } as PipelineDocumentInput;
    expect(checkDocument(input).problems).toEqual([{ path: 'inferencer.use', message }]);
    expect(() => definePipeline(input)).toThrow(message);
  });

  it('tells the problems of the schema, or those of steps and formats', () => {
    expect(checkDocument({ ...PIPELINE, name: 'P P' }).problems).toHaveLength(1);
    expect(checkDocument(withSteps({ use: 'vector-length', axis: 4 })).problems).toEqual([
      {
        path: 'preprocessing[0]',
        message:
          'vector-length got int16 [9, 3] as "x": has no axis 4: the shape is [9, 3], its axes are 0 to 1, or -1 from the back',
      },
    ]);
  });

  it('takes an unknown name for a component, and nothing for known after it', () => {
    const component = { use: 'my-own', version: '1.0.0', level: 3, timeoutMs: 50 };
    expect(checkDocument(withSteps(component, { use: 'vector-length', axis: 4 })).problems).toEqual([]);
    expect(checkDocument(withSteps(component, { use: 'scale', factor: NaN })).problems).toEqual([
      { path: 'preprocessing[1].factor', message: 'expected number, got number NaN' },
    ]);
  });

  it('knows components that it is given', () => {
    const options = { resolveComponent: () => undefined, componentNames: ['my-own'] };
    expect(checkDocument(withSteps({ use: 'my-won' }), options).problems).toEqual([
      {
        path: 'preprocessing[0].use',
        message: expect.stringMatching(
          /^there is no transformation "my-won"; did you mean "my-own"\?; there are: .*, my-own$/,
        ) as string,
      },
    ]);
  });
});

describe('definePipeline', () => {
  it('gives back what it was given', () => {
    expect(definePipeline(PIPELINE)).toBe(PIPELINE);
  });

  it('gives a document that is not checked again, and cannot change', () => {
    const input = { x: { dtype: 'int16' as const, shape: [9, 3] } };
    const defined = definePipeline({ ...PIPELINE, input });
    expect(checkDocument(defined)).toBe(checkDocument(defined));
    expect(checkDocument(PIPELINE)).not.toBe(checkDocument({ ...PIPELINE }));
    expect(() => (input.x.shape[0] = 10)).toThrow(TypeError);
    // With a model, and as a changed copy, it is.
    const model = { inputs: { a: facts('float32', [1, 9, 4]) }, outputs: { y: facts('float32', []) } };
    expect(checkDocument(defined, { model }).problems).toHaveLength(1);
    expect(checkDocument({ ...defined, name: 'P' }).problems).toHaveLength(1);
  });

  it('takes documents that are written as const', () => {
    const input = { x: { dtype: 'float32', shape: ['n', 3] } } as const;
    const preprocessing = [
      { use: 'normalize', mean: [1, 2, 3], std: 2 },
      { use: 'my-own', level: [1] },
    ] as const;
    expect(definePipeline({ ...PIPELINE, input, preprocessing })).toMatchObject({ input });
  });

  it('throws where the document is written, with every problem', () => {
    const define = () =>
      definePipeline(withSteps({ use: 'scale', factor: '2' }, { use: 'expand', axis: 0.5 }));
    expect(define).toThrow(ConfigurationError);
    expect(define).toThrow(
      'pipeline p: preprocessing[0].factor: expected number, got string "2"\n' +
        'pipeline p: preprocessing[1].axis: expected integer, got number 0.5',
    );
    expect(() => definePipeline(undefined as unknown as PipelineDocumentInput)).toThrow(
      'pipeline undefined: is missing; expected map',
    );
  });
});
