import { createHash } from 'node:crypto';
import { doublingModel } from '../../fixtures/onnx-models';
import { packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';
import { zipOf } from '../../fixtures/zip';

let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository();
  const { url } = repository;
  const put = (path: string, bytes: string | Uint8Array, name: string) =>
    fetch(`${url}${path}`, { method: 'PUT', body: packageForm(bytes, name) });
  for (const version of ['1', 'pickle', 'bare']) {
    await send(`${url}/model`, 'POST', { model_name: 'double', model_version: version });
  }
  await put('/model/double/1', doublingModel(), 'double.onnx');
  await put('/model/double/pickle', 'pickle', 'double.pkl');
  for (const id of ['offset', 'old.step']) await send(`${url}/transformation`, 'POST', { id });
  const manifest = { kind: 'transformation', id: 'offset', version: '2.0.0', entry: 'index.js' };
  const zip = await zipOf({ 'component.json': JSON.stringify(manifest), 'index.js': '' });
  await put('/transformation/offset', zip, 'offset.zip');
  await put('/transformation/old.step', 'dill', 'step.dill');
  await send(`${url}/transformation`, 'POST', { id: 'fold' });
  const format = {
    input: { dtype: 'float32', shape: ['n', 6] },
    output: { dtype: 'float32', shape: ['n', 3] },
  };
  const declaring = { ...manifest, id: 'fold', version: '1.0.0', format };
  const fold = await zipOf({ 'component.json': JSON.stringify(declaring), 'index.js': '' });
  await put('/transformation/fold', fold, 'fold.zip');
});
afterAll(() => repository.stop());

const document = {
  name: 'double',
  input: { x: { dtype: 'float32', shape: ['batch', 3] } },
  model: { name: 'double', version: '1' },
};

async function check(changes: object) {
  const response = await send(`${repository.url}/pipeline/check`, 'POST', { ...document, ...changes });
  expect(response.status).toBe(200);
  const verdict = (await response.json()) as { ok: boolean; problems: { path: string; message: string }[] };
  expect(verdict.ok).toBe(verdict.problems.length === 0);
  return verdict.problems.map(({ path, message }) => `${path}: ${message}`);
}

it('finds nothing wrong with a pipeline that works with what is stored', async () => {
  expect(await check({})).toEqual([]);
  const digest = `sha256:${createHash('sha256').update(doublingModel()).digest('hex')}`;
  expect(await check({ model: { ...document.model, digest } })).toEqual([]);
  expect(await check({ preprocessing: [{ use: 'offset', version: '2.0.0', by: 1 }] })).toEqual([]);
});

it('compares the formats with those of the stored model', async () => {
  const problems = await check({ input: { x: { dtype: 'float32', shape: ['batch', 4] } } });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^model.*\[batch, 4\].*3/);
});

it('goes by the format that a stored transformation declares', async () => {
  const preprocessing = [{ use: 'fold' }];
  const input = (columns: number) => ({ x: { dtype: 'float32', shape: ['batch', columns] } });
  expect(await check({ input: input(6), preprocessing })).toEqual([]);
  expect(await check({ input: input(5), preprocessing })).toEqual([
    expect.stringMatching(/^preprocessing\[0\].*fold.*expected 6 along axis 1, got 5/),
  ]);
  const twice = [...preprocessing, ...preprocessing];
  expect(await check({ input: input(6), preprocessing: twice })).toEqual([
    expect.stringMatching(/^preprocessing\[1\].*expected 6 along axis 1, got 3/),
  ]);
});

it.each([
  [{ model: { name: 'double', version: '9' } }, 'model: model double 9 is not in the repository'],
  [{ model: { name: 'double', version: 'bare' } }, 'model: model double bare has metadata but no package'],
  [
    { model: { name: 'double', version: 'pickle' } },
    'model: the package of model double pickle is of another runtime',
  ],
  [
    { model: { ...document.model, digest: `sha256:${'0'.repeat(64)}` } },
    /^model\.digest: model double 1 is stored with digest sha256:[0-9a-f]{64}, the document allows only sha256:000/,
  ],
  [{ preprocessing: [{ use: 'ofset' }] }, /^preprocessing\[0\].*ofset/],
  [{ preprocessing: [{ use: 'scale', facktor: 1 }] }, /^preprocessing\[0\].*fac/],
  [
    { preprocessing: [{ use: 'offset', version: '3.0.0' }] },
    'preprocessing[0].version: transformation offset is stored in version 2.0.0, the document asks for 3.0.0',
  ],
  [
    { postprocessing: [{ use: 'old.step' }] },
    'postprocessing[0]: the package of transformation old.step is of another runtime',
  ],
  [{ inputs: {} }, /inputs/],
])('says what is wrong with %j', async (changes, expected) => {
  const [first] = await check(changes);
  if (typeof expected === 'string') expect(first).toBe(expected);
  else expect(first).toMatch(expected);
});

it('refuses a body that is no document', async () => {
  expect((await send(`${repository.url}/pipeline/check`, 'POST', '[]')).status).toBe(422);
  expect((await send(`${repository.url}/pipeline/check`, 'POST', '')).status).toBe(200);
});
