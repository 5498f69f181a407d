import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { doublingModel } from '../../fixtures/onnx-models';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';
import { zipOf } from '../../fixtures/zip';

let from: TestRepository;
let to: TestRepository;
beforeAll(async () => {
  from = await startRepository();
  const { url } = from;
  await send(`${url}/model`, 'POST', { model_name: 'double', model_version: '1', meta: { library: 'onnx' } });
  await fetch(`${url}/model/double/1`, { method: 'PUT', body: packageForm(doublingModel(), 'double.onnx') });
  await send(`${url}/model`, 'POST', { model_name: 'bare', model_version: '1' });
  await send(`${url}/transformation`, 'POST', { id: 'scale', needs: { GPU: false } });
  await fetch(`${url}/transformation/scale`, { method: 'PUT', body: packageForm('pickle') });
  await send(`${url}/inferencer`, 'POST', { id: 'same-bytes' });
  await fetch(`${url}/inferencer/same-bytes`, { method: 'PUT', body: packageForm('pickle') });
});
beforeEach(async () => {
  to = await startRepository();
});
afterEach(() => to.stop());
afterAll(() => from.stop());

const exported = async (query = '') => (await fetch(`${from.url}/export${query}`)).arrayBuffer();
const imported = (archive: ArrayBuffer | Uint8Array, query = '') =>
  fetch(`${to.url}/import${query}`, { method: 'POST', body: packageForm(new Uint8Array(archive), 'a.zip') });

/** Lists without what depends on the place and the time. */
async function lists({ url }: TestRepository) {
  const kinds = ['model', 'transformation', 'service', 'inferencer'];
  const all = await Promise.all(kinds.map(async (kind) => (await fetch(`${url}/${kind}`)).json()));
  return JSON.parse(
    JSON.stringify(all, (key, value: unknown) => (/_at$|^(model|storage)_id$/.test(key) ? undefined : value)),
  ) as unknown;
}

it('carries everything to another repository', async () => {
  const response = await imported(await exported());
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      imported: ['transformation scale', 'model bare 1', 'model double 1', 'inferencer same-bytes'],
      kept: [],
    },
  ]);
  expect(await lists(to)).toEqual(await lists(from));
  const model = await (await fetch(`${to.url}/model/double/1`)).arrayBuffer();
  expect(Buffer.from(model).equals(doublingModel())).toBe(true);
  expect(await (await fetch(`${to.url}/inferencer/same-bytes`)).text()).toBe('pickle');
});

it('exports what is asked for', async () => {
  const response = await imported(await exported('?kind=model&name=double'));
  expect(await response.json()).toEqual({ imported: ['model double 1'], kept: [] });
});

it('keeps what is there already when it is the same', async () => {
  await imported(await exported());
  const again = await imported(await exported());
  expect(await again.json()).toMatchObject({ imported: [] });
});

it('refuses, keeps or replaces what is stored with another package', async () => {
  await send(`${to.url}/transformation`, 'POST', { id: 'scale' });
  await fetch(`${to.url}/transformation/scale`, { method: 'PUT', body: packageForm('mine') });
  const scale = async () => (await fetch(`${to.url}/transformation/scale`)).text();
  const archive = await exported();

  const refused = await imported(archive);
  expect([refused.status, await detailOf(refused)]).toEqual([
    409,
    'stored with other packages than in the archive: transformation scale',
  ]);
  expect(await (await fetch(`${to.url}/model`)).json()).toEqual([]);

  const kept = (await (await imported(archive, '?on_conflict=keep')).json()) as { kept: string[] };
  expect(kept.kept).toEqual(['transformation scale']);
  expect(await scale()).toBe('mine');
  const replaced = await imported(archive, '?on_conflict=replace');
  expect(await replaced.json()).toMatchObject({ imported: ['transformation scale'] });
  expect(await scale()).toBe('pickle');
});

const indexOf = (components: object[]) =>
  JSON.stringify({ format: 'mis-components/1', exportedAt: 'now', components });
const component = (sha256: string, size: number) => ({
  kind: 'model',
  name: 'evil',
  version: '1',
  meta: null,
  package: { sha256, size, fileName: null, signature: null },
});
const digest = createHash('sha256').update('hello').digest('hex');

it.each([
  ['is no zip', () => Promise.resolve(Buffer.from('hello')), 422, 'is no complete zip'],
  ['has no index', () => zipOf({ a: 'b' }), 422, 'has no components.json'],
  [
    'has an index that does not fit',
    () => zipOf({ 'components.json': '{"format":"x"}' }),
    422,
    'does not fit',
  ],
  [
    'has a name that is none',
    () => zipOf({ 'components.json': indexOf([{ ...component(digest, 5), name: '../x' }]) }),
    422,
    'does not fit',
  ],
  ['lacks a package', () => zipOf({ 'components.json': indexOf([component(digest, 5)]) }), 422, 'whole'],
  [
    'has an altered package',
    () => zipOf({ 'components.json': indexOf([component(digest, 5)]), [`packages/${digest}`]: 'jello' }),
    422,
    'its index says',
  ],
])('refuses an archive that %s', async (_, archive, status, words) => {
  const response = await imported(await archive());
  expect([response.status, await detailOf(response)]).toEqual([status, expect.stringContaining(words)]);
  expect(await (await fetch(`${to.url}/model`)).json()).toEqual([]);
  expect(existsSync(to.directory)).toBe(true);
});
