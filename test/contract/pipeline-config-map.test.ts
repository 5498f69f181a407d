import fc from '../fixtures/fast-check';
import { parseDocument, pipelineDocumentSchema, type PipelineDocumentInput } from '../../runtime/definition';
import { InferencePipeline } from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize } from '../fixtures/synthesize';

/** The document as the runtime reads it from the synthesized ConfigMap. */
function throughTheCluster(document: PipelineDocumentInput): unknown {
  const objects = synthesize((ml) => void new InferencePipeline(ml, 'pipeline', { document }));
  const { data } = find(objects, 'ConfigMap', 'pipeline') as unknown as { data: Record<string, string> };
  const [[file, text] = ['', ''], ...more] = Object.entries(data);
  expect(file).toBe(`${document.name}.yaml`);
  expect(more).toEqual([]);
  return parseDocument(text);
}

const document = (changes: object): PipelineDocumentInput => ({
  name: 'p',
  input: { x: { dtype: 'float32', shape: ['n', 2] } },
  model: { name: 'm', version: '1' },
  ...changes,
});

describe('a pipeline that goes through a ConfigMap', () => {
  it('reads back as the document that was given, with its defaults', () => {
    expect(throughTheCluster(fallDetection)).toEqual(pipelineDocumentSchema.parse(fallDetection));
  });

  it.each([
    ['texts that YAML takes for something else', { description: 'yes' }],
    ['a text of several lines', { description: 'first\n\n  second: "quoted"\n# no comment\n' }],
    ['versions that look like numbers', { model: { name: 'm', version: '1.10' } }],
    [
      'a component with parameters of its own',
      {
        preprocessing: [
          { use: 'acme.filter', version: '1.0.0', window: [1, 2], on: 'x', as: 'y', nested: { off: 'no' } },
        ],
      },
    ],
    [
      'small and large numbers',
      {
        preprocessing: [
          { use: 'scale', factor: 1e-30 },
          { use: 'scale', factor: 123456789012345680000 },
        ],
      },
    ],
  ])('keeps %s', (_title, changes) => {
    const given = document(changes);
    expect(throughTheCluster(given)).toEqual(pipelineDocumentSchema.parse(given));
  });

  it('keeps any parameters that are plain data', () => {
    const plain = fc.dictionary(
      fc
        .string({ minLength: 1 })
        .filter((key) => !['__proto__', 'use', 'version', 'digest', 'on', 'as', 'timeoutMs'].includes(key)),
      fc
        .jsonValue({ maxDepth: 2, noUnicodeString: false })
        .filter((value) => !JSON.stringify(value).includes('"__proto__":')),
    );
    fc.assert(
      fc.property(plain, (parameters) => {
        const given = document({ preprocessing: [{ ...parameters, use: 'acme.any', version: '1' }] });
        expect(at(throughTheCluster(given), 'preprocessing.0')).toEqual(
          at(pipelineDocumentSchema.parse(given), 'preprocessing.0'),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what has no place in a file', () => {
    const given = document({ preprocessing: [{ use: 'acme.filter', window: () => 1 }] });
    expect(() => throughTheCluster(given)).toThrow(
      'preprocessing[0].window: must be plain data (texts, numbers, booleans, lists, maps), got a function',
    );
  });
});
