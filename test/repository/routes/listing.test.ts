import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository();
  for (let index = 0; index < 25; index++) {
    await send(`${repository.url}/model`, 'POST', {
      model_name: `model-${String(index).padStart(2, '0')}`,
      model_version: '1.0.0',
      meta: { library: index % 2 ? 'onnx' : 'tflite', description: `Number ${index}` },
    });
  }
  await fetch(`${repository.url}/model/model-03/1.0.0`, { method: 'PUT', body: packageForm('three') });
});
afterAll(() => repository.stop());

interface Listed {
  model_name: string;
}

async function list(query: string) {
  const response = await fetch(`${repository.url}/model${query}`);
  const names = ((await response.json()) as Listed[]).map(({ model_name }) => model_name);
  return { names, total: response.headers.get('x-total-count'), link: response.headers.get('link') };
}

it('lists everything when nothing is asked', async () => {
  const { names, total, link } = await list('');
  expect([names.length, total, link]).toEqual([25, '25', null]);
  expect((await list('?trained=true&colour=red')).names).toHaveLength(25);
});

it('lists in pages that lead from one to the next', async () => {
  const names: string[] = [];
  let query = '?limit=10&library=onnx';
  for (let pages = 0; ; pages++) {
    const page = await list(query);
    names.push(...page.names);
    expect(page.total).toBe('12');
    const next = /^<\/model(.*)>; rel="next"$/.exec(page.link ?? '')?.[1];
    if (next === undefined) {
      expect(pages).toBe(1);
      break;
    }
    query = next;
  }
  expect(names).toHaveLength(12);
  expect([...new Set(names)].sort()).toEqual(names);
});

it.each([
  ['?q=NUMBER%2012', ['model-12']],
  ['?q=el-0&library=onnx', ['model-01', 'model-03', 'model-05', 'model-07', 'model-09']],
  ['?stored=true', ['model-03']],
  ['?opaque=true', ['model-03']],
  ['?opaque=false', []],
  ['?name=model-20', ['model-20']],
  ['?name=model-20&version=2', []],
])('filters by %s', async (query, expected) => {
  expect((await list(query)).names).toEqual(expected);
});

it.each([
  ['?limit=0', 'query","limit'],
  ['?limit=1001', 'query","limit'],
  ['?limit=many', 'query","limit'],
  ['?after=nonsense', 'query","after'],
  ['?stored=perhaps', 'query","stored'],
  ['?sha256=abc', 'query","sha256'],
])('refuses %s', async (query, where) => {
  const response = await fetch(`${repository.url}/model${query}`);
  expect([response.status, await detailOf(response)]).toEqual([422, expect.stringContaining(where)]);
});
