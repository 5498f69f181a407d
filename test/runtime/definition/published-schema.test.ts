import Ajv from 'ajv/dist/2020';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDocument, type PipelineDocumentInput } from '../../../runtime/definition';
import { publishedSchema } from '../../../runtime/definition/published-schema';
import { documentOf, FALL_DETECTION } from '../../fixtures/pipelines';

const FILE = join(__dirname, '../../../schema/pipeline-document.schema.json');

const isValid = new Ajv({ strict: false }).compile(publishedSchema());

/** Whether our own check finds nothing wrong in schema and parameters. */
function isAccepted(document: unknown): boolean {
  return checkDocument(document as PipelineDocumentInput).problems.length === 0;
}

const BASE = {
  name: 'p',
  input: { x: { dtype: 'float32', shape: [2, 3] } },
  model: { name: 'm', version: '1' },
};
const step = (written: Record<string, unknown>) => ({ ...BASE, preprocessing: [written] });

const VALID: Record<string, unknown> = {
  'the smallest document': BASE,
  'all of fall detection': documentOf(FALL_DETECTION),
  'a dtype that is left open': { ...BASE, input: { x: { shape: ['n', 3] } } },
  'a limit for a run': { ...BASE, inferencer: { hangLimitMs: 1000 } },
  'execution providers': {
    ...BASE,
    inferencer: { providers: [{ name: 'cuda', deviceId: 1 }, 'cpu'], graphOptimization: 'basic' },
  },
  'batching off': { ...BASE, inferencer: { batching: false } },
  'a built-in with all its parameters': step({ use: 'scale', factor: 2, unit: 'g', on: 'x', as: 'y' }),
  'a built-in without its optional ones': step({ use: 'expand' }),
  'one deviation for all': step({ use: 'normalize', mean: [1, 2, 3], std: 2 }),
  'a limit on one side': step({ use: 'clip', max: 1 }),
  'an open axis': step({ use: 'reshape', shape: [-1, 2] }),
  'an open axis with a name': step({ use: 'reshape', shape: ['n', 2] }),
  'axes in another order': step({ use: 'transpose', axes: [1, 0] }),
  'an id of reference configurations': step({ use: 'custom.compute_vector_length', axis: 0 }),
  'a component': step({
    use: 'my-own',
    version: '1.0.0',
    digest: `sha256:${'a'.repeat(64)}`,
    timeoutMs: 10,
    any: { a: [1] },
  }),
};
const INVALID: Record<string, unknown> = {
  'no map': [],
  'no name': { ...BASE, name: undefined },
  'a name with capitals': { ...BASE, name: 'P' },
  'an unknown key': { ...BASE, modle: {} },
  'no input': { ...BASE, input: {} },
  'a tensor without a name': { ...BASE, input: { '': BASE.input.x } },
  'an unknown dtype': { ...BASE, input: { x: { dtype: 'float', shape: [] } } },
  'a negative axis': { ...BASE, input: { x: { shape: [-1] } } },
  'an axis name with a space': { ...BASE, input: { x: { shape: ['a b'] } } },
  'too many axes': { ...BASE, input: { x: { shape: Array(17).fill(1) } } },
  'a model without a version': { ...BASE, model: { name: 'm' } },
  'a version that is a number': { ...BASE, model: { name: 'm', version: 1 } },
  'a bad digest': { ...BASE, model: { ...BASE.model, digest: 'sha256:1' } },
  'an unknown service': { ...BASE, service: 'rest' },
  'an engine that there is not': { ...BASE, inferencer: { use: 'tensorrt' } },
  'no execution provider': { ...BASE, inferencer: { providers: [] } },
  'an execution provider without a name': { ...BASE, inferencer: { providers: [{ deviceId: 1 }] } },
  'a limit of nothing': { ...BASE, inferencer: { hangLimitMs: 0 } },
  'a limit for runs that cannot be given up': {
    ...BASE,
    inferencer: { execution: 'inline', hangLimitMs: 1000 },
  },
  'a batch of none': { ...BASE, inferencer: { batching: { maxBatchSize: 0 } } },
  'a batch of half': { ...BASE, inferencer: { batching: { maxBatchSize: 1.5 } } },
  'batching on without saying how': { ...BASE, inferencer: { batching: true } },
  'a step without a transformation': step({ factor: 2 }),
  'a parameter that is missing': step({ use: 'scale' }),
  'a parameter of another type': step({ use: 'scale', factor: '2' }),
  'a parameter that the built-in does not know': step({ use: 'scale', factor: 2, factr: 2 }),
  'a parameter that an alias does not know': step({ use: 'custom.compute_vector_length', axes: 1 }),
  'a version of a built-in': step({ use: 'scale', factor: 2, version: '1' }),
  'a time limit of a built-in': step({ use: 'scale', factor: 2, timeoutMs: 5 }),
  'a value for a step that names its own': step({ use: 'select', values: ['x'], on: 'x' }),
  'a value twice': step({ use: 'select', values: ['x', 'x'] }),
  'a deviation of 0': step({ use: 'normalize', mean: 0, std: 0 }),
  'no limit': step({ use: 'clip' }),
  'two open axes': step({ use: 'reshape', shape: [-1, 'n'] }),
  'an axis twice': step({ use: 'transpose', axes: [1, 1] }),
  'an axis beyond any': step({ use: 'expand', axis: 16 }),
  'a text without letters': step({ use: 'annotate', unit: '' }),
};

describe('the published JSON Schema', () => {
  it('is what is in the repository', () => {
    const published = JSON.parse(readFileSync(FILE, 'utf8')) as unknown;
    expect(published).toEqual(JSON.parse(JSON.stringify(publishedSchema())));
  });

  it.each(Object.entries(VALID))('takes, as our check does, %s', (_, document) => {
    const plain: unknown = JSON.parse(JSON.stringify(document));
    expect({
      ajv: isValid(plain),
      errors: isValid.errors,
      ours: checkDocument(plain as PipelineDocumentInput).problems,
    }).toEqual({
      ajv: true,
      errors: null,
      ours: [],
    });
  });

  it.each(Object.entries(INVALID))('refuses, as our check does, %s', (_, document) => {
    const plain: unknown = JSON.parse(JSON.stringify(document));
    expect({ ajv: isValid(plain), ours: isAccepted(plain) }).toEqual({ ajv: false, ours: false });
  });
});
