import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../../contracts/program/problem';
import { parseDocument, readDocument } from '../../../runtime/definition/read-document';

function problemsOf(text: string): string[] {
  try {
    parseDocument(text, 'p.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message.split('\n');
  }
}

const SMALL = `
name: small
input: { x: { dtype: float32, shape: [batch, 4] } }
model: { name: m, version: v1 }
`;

describe('a document', () => {
  it('gets its defaults', () => {
    expect(parseDocument(SMALL)).toMatchObject({
      name: 'small',
      input: { x: { dtype: 'float32', shape: ['batch', 4] } },
      preprocessing: [],
      model: { name: 'm', version: 'v1' },
      inferencer: {
        use: 'onnx',
        execution: 'auto',
        batching: { maxBatchSize: 64, maxQueueDelayMs: 0, maxQueueSize: 1024 },
      },
      postprocessing: [],
    });
  });

  it('may be JSON, with tabs and a byte order mark', () => {
    const json = JSON.stringify(
      { name: 'small', input: { x: { shape: [] } }, model: { name: 'm', version: '1' } },
      null,
      '\t',
    );
    expect(parseDocument(`\uFEFF${json}`)).toMatchObject({ name: 'small', input: { x: { shape: [] } } });
  });

  it('is read from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'document-'));
    const path = join(directory, 'pipeline.yaml');
    writeFileSync(path, SMALL);
    try {
      const digest = `sha256:${createHash('sha256').update(SMALL).digest('hex')}`;
      expect(readDocument(path)).toEqual({ document: parseDocument(SMALL), digest, from: 'file', path });
      expect(() => readDocument(join(directory, 'none.yaml'))).toThrow(
        'none.yaml: there is no such file or directory',
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    ['a: 1\nb: [1,\n', /^p\.yaml: line 3, column 1: Flow sequence/],
    ['a: b: c', /^p\.yaml: line 1, column 4: Nested mappings are not allowed/],
    ['name: x\nname: y', /^p\.yaml: line 2, column 1: the key name is there twice$/],
    ['{"name": "x", "name": "y"}', /^p\.yaml: line 1, column 15: the key "name" is there twice$/],
    ['a: 1\n---\nb: 2', /^p\.yaml: line 2, column 1: a second document begins here; expected one$/],
    ['a: *b', /^p\.yaml: Unresolved alias/],
    ['a: !own 1', /^p\.yaml: line 1, column 4: Unresolved tag: !own$/],
    ['# nothing', /^p\.yaml: is empty$/],
    ['- a', /^p\.yaml: expected map, got a list of 1$/],
    ['just text', /^p\.yaml: expected map, got string "just text"$/],
  ])('that is not written right is refused with its line: %j', (text, message) => {
    const problems = problemsOf(text);
    expect(problems[0]).toMatch(message);
  });

  it('is refused with every problem: what is missing, unknown or wrong, and what is allowed', () => {
    const text = `
name: Small
servce: extended
service: extendd
input: { x: { dtype: flaot32, shape: [-1, 4 m, true] }, y: { dtype: int8 }, z: 3 }
model: { name: m, version: 1.10, formats: {} }
inferencer: { execution: fast, workers: 0, batching: { maxBatchSize: 0, maxQueueDelay: 1 } }
postprocessing: [{ usr: scale }, scale]
`;
    expect(problemsOf(text)).toEqual([
      'p.yaml: name: a pipeline name is 1 to 63 lower-case letters, digits and hyphens, not at the ends, got string "Small"',
      'p.yaml: service: expected one of extended, basic, got string "extendd"; did you mean "extended"?',
      expect.stringMatching(
        /^p\.yaml: input\.x\.dtype: expected one of float32, .*, got string "flaot32"; did you mean "float32"\?$/,
      ),
      'p.yaml: input.x.shape[0]: expected at least 0, got number -1',
      'p.yaml: input.x.shape[1]: an axis name is letters, digits, _ and ., no digit first, got string "4 m"',
      'p.yaml: input.x.shape[2]: an axis is an integer ≥ 0, or a name for a size that is known only when data arrives, got boolean true',
      'p.yaml: input.y.shape: is missing; expected list',
      'p.yaml: input.z: expected map, got number 3',
      'p.yaml: model.version: expected string, got number 1.1; put it in quotes',
      'p.yaml: model.formats: is unknown; did you mean "format"?; allowed: name, version, digest, inputs, outputs, imageIndex, format',
      'p.yaml: inferencer.execution: expected one of auto, inline, worker, process, got string "fast"',
      'p.yaml: inferencer.workers: expected at least 1, got number 0',
      'p.yaml: inferencer.batching.maxBatchSize: expected at least 1, got number 0',
      'p.yaml: inferencer.batching.maxQueueDelay: is unknown; did you mean "maxQueueDelayMs"?; allowed: maxBatchSize, maxQueueDelayMs, maxQueueSize, axis, independentRows',
      'p.yaml: postprocessing[0].use: is missing; expected string',
      'p.yaml: postprocessing[1]: expected map, got string "scale"',
      expect.stringMatching(
        /^p\.yaml: servce: is unknown; did you mean "service"\?; allowed: \$schema, name, description, service, /,
      ),
    ]);
  });

  it('names values by any text, and paths quote what is no plain word', () => {
    expect(problemsOf(SMALL.replace('{ x: {', '{ "a b": { unit: 1,'))).toEqual([
      'p.yaml: input["a b"].unit: expected string, got number 1; put it in quotes',
    ]);
    expect(problemsOf(SMALL.replace('{ x: {', '{ "": {'))).toEqual([
      'p.yaml: input[""]: is no allowed name; expected at least 1 character',
    ]);
    expect(problemsOf(SMALL.replace(/input: .*/, 'input: {}'))).toEqual([
      'p.yaml: input: a pipeline has at least one input',
    ]);
  });
});
