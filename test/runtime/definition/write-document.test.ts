import fc from '../../fixtures/fast-check';
import { join } from 'node:path';
import { parseDocument, writeDocument, type PipelineDocumentInput } from '../../../runtime/definition';
import { readDocument } from '../../../runtime/definition/read-document';

/** Parameters of a component: anything that YAML and JSON can both say, but for a name that documents refuse. */
const parameter = fc
  .jsonValue({ depthSize: 'small' })
  .filter((value) => !JSON.stringify(value).includes('"__proto__":'))
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== '__proto__');

const documents = fc.record({
  name: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/),
  description: fc.string(),
  input: fc.dictionary(name, fc.constant({ dtype: 'int8', shape: ['n', 3], unit: '1.0' } as const), {
    minKeys: 1,
  }),
  preprocessing: fc.array(fc.record({ use: name, text: fc.string(), value: parameter })),
  model: fc.constant({ name: 'm', version: '1.10' }),
});

describe.each(['yaml', 'json'] as const)('a document written as %s', (format) => {
  it('reads back as the same document, whatever its texts and parameters', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const read = parseDocument(writeDocument(document, format));
        expect(read).toEqual(parseDocument(JSON.stringify(document)));
        expect(read).toMatchObject({
          description: document.description,
          preprocessing: document.preprocessing,
        });
      }),
    );
  });

  it('leaves out what is undefined, and reads back with its defaults', () => {
    const document: PipelineDocumentInput = {
      name: 'p',
      description: undefined,
      input: { x: { shape: [] } },
      model: { name: 'm', version: '1' },
    };
    const read = parseDocument(writeDocument(document, format));
    expect(Object.keys(read)).not.toContain('description');
    expect(parseDocument(writeDocument(read, format))).toEqual(read);
  });
});

describe('YAML for people', () => {
  it('repeats what the code shared, and keeps long lines whole', () => {
    const shared = [1, 2];
    const text = writeDocument({
      name: 'p',
      description: 'long '.repeat(60),
      input: { x: { shape: shared }, y: { shape: shared } },
      model: { name: 'm', version: '1' },
    });
    expect(text).not.toMatch(/[&*]/);
    expect(text.split('\n')[1]).toContain('long '.repeat(60));
  });

  it('writes a reference directory as a document', () => {
    const { document } = readDocument(join(__dirname, '../../fixtures/reference-fall-detection'));
    expect(parseDocument(writeDocument(document))).toEqual(document);
  });
});
