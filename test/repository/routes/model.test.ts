import { createHash } from 'node:crypto';
import { listedModelSchema } from '../../../contracts/repository/model';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

let repository: TestRepository;
let url: string;
beforeEach(async () => {
  repository = await startRepository();
  ({ url } = repository);
});
afterEach(() => repository.stop());

const meta = { library: 'onnx', description: 'Detects falls' };
const post = (body: unknown) => send(`${url}/model`, 'POST', body);
const put = (path: string, bytes: string | Uint8Array, name?: string) =>
  fetch(`${url}${path}`, { method: 'PUT', body: packageForm(bytes, name) });
const json = async (path: string) => (await fetch(`${url}${path}`)).json();

describe('POST /model', () => {
  it('answers 201 with the text null, and 400 for a second time', async () => {
    const first = await post({ model_name: 'fall', model_version: '1.0.0', meta });
    expect([first.status, await first.text()]).toEqual([201, 'null']);
    expect(first.headers.get('content-type')).toMatch(/^application\/json/);
    const second = await post({ model_name: 'fall', model_version: '1.0.0', meta });
    expect([second.status, await detailOf(second)]).toEqual([
      400,
      'model fall 1.0.0 is already in the repository',
    ]);
  });

  it.each([
    ['{"model_name":"m","model_version":1}', 'm', '1'],
    ['{"model_name":"m","model_version":1.0}', 'm', '1.0'],
    ['{"model_version" : 2.50 , "model_name":7}', '7', '2.5'],
    ['{"model_name":"say \\"model_version\\": 1.0","model_version":1}', undefined, undefined],
  ])('takes numbers as texts: %s', async (body, name, version) => {
    const response = await post(body);
    if (name === undefined) return expect(response.status).toBe(422);
    expect(response.status).toBe(201);
    return expect((await fetch(`${url}/model/meta?model_name=${name}&model_version=${version}`)).status).toBe(
      200,
    );
  });

  it('lists what was not said as null, and drops fields that it does not know', async () => {
    await post({ model_name: 'bare', model_version: '1', colour: 'red', model_id: 'mine' });
    await post({ model_name: 'half', model_version: '1', meta: { library: 'onnx', author: 'me' } });
    await post({ model_name: 'nulls', model_version: '1', meta: null });
    expect(await json('/model')).toMatchObject([
      { model_name: 'bare', model_version: '1', model_id: null, meta: null },
      {
        model_name: 'half',
        model_version: '1',
        model_id: null,
        meta: { library: 'onnx', description: null },
      },
      { model_name: 'nulls', model_version: '1', model_id: null, meta: null },
    ]);
    expect(JSON.stringify(await json('/model'))).not.toMatch(/colour|author|mine/);
  });

  it.each([
    [{}, ['body', 'model_name'], 'value_error.missing'],
    [{ model_name: ['x'], model_version: '1' }, ['body', 'model_name'], 'type_error.str'],
    [{ model_name: 'x', model_version: true }, ['body', 'model_version'], 'type_error.str'],
    [{ model_name: 'x', model_version: '1', meta: 'onnx' }, ['body', 'meta'], 'type_error.object'],
    [
      { model_name: 'x', model_version: '1', meta: { library: {} } },
      ['body', 'meta', 'library'],
      'type_error.str',
    ],
    [{ model_name: '../x', model_version: '1' }, ['body', 'model_name'], 'value_error.invalid_format'],
    [{ model_name: 'a/b', model_version: '1' }, ['body', 'model_name'], 'value_error.invalid_format'],
    [{ model_name: '..', model_version: '1' }, ['body', 'model_name'], 'value_error.invalid_format'],
    [{ model_name: 'x', model_version: '.hidden' }, ['body', 'model_version'], 'value_error.invalid_format'],
    [{ model_name: '', model_version: '1' }, ['body', 'model_name'], 'value_error.invalid_format'],
    [
      { model_name: 'x'.repeat(129), model_version: '1' },
      ['body', 'model_name'],
      'value_error.invalid_format',
    ],
    ['[1]', ['body'], 'type_error.object'],
    ['{"model_name"', ['body'], 'value_error.jsondecode'],
    ['', ['body', 'model_name'], 'value_error.missing'],
    ['{"__proto__":{"x":1},"model_name":"x","model_version":"1"}', ['body'], 'value_error.jsondecode'],
  ])('refuses %j and says where and why', async (body, loc, type) => {
    const response = await post(body);
    expect(response.status).toBe(422);
    const { detail } = (await response.json()) as { detail: { loc: unknown; msg: string; type: string }[] };
    expect(detail[0]).toMatchObject({ loc, type });
    expect(detail[0]?.msg.length).toBeGreaterThan(5);
    expect(await json('/model')).toEqual([]);
  });

  it('refuses a body of another type, and one that is too large', async () => {
    const form = await fetch(`${url}/model`, { method: 'POST', body: 'model_name=x' });
    expect([form.status, await detailOf(form)]).toEqual([
      422,
      expect.stringContaining('a JSON body is needed'),
    ]);
    const large = await post({
      model_name: 'x',
      model_version: '1',
      meta: { description: 'x'.repeat(2 ** 20) },
    });
    expect(large.status).toBe(413);
  });
});

describe('packages of models', () => {
  it('go up, come down the same, and are told in the metadata', async () => {
    const bytes = Buffer.from('a pickle of another runtime');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await post({ model_name: 'fall', model_version: '1.0.0', meta });
    const up = await put('/model/fall/1.0.0', bytes, 'model.pkl');
    expect([up.status, await up.text(), up.headers.get('etag')]).toEqual([204, '', `"${sha256}"`]);
    const down = await fetch(`${url}/model/fall/1.0.0`);
    expect(down.status).toBe(200);
    expect(Buffer.from(await down.arrayBuffer()).equals(bytes)).toBe(true);
    expect(down.headers.get('content-disposition')).toContain('filename="model.pkl"');
    const one = await json('/model/meta?model_name=fall&model_version=1.0.0');
    expect(listedModelSchema.parse(one)).toEqual(one);
    expect(one).toMatchObject({ sha256, size: bytes.length, opaque: true, file_name: 'model.pkl', meta });
    expect((one as { model_id: unknown }).model_id).toMatch(/^[0-9a-f]{24}$/);
    expect(await json('/model/meta/fall/1.0.0')).toEqual(one);
  });

  it('are replaced by a second upload', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    await put('/model/fall/1', 'one');
    expect((await put('/model/fall/1', 'two')).status).toBe(204);
    expect(await (await fetch(`${url}/model/fall/1`)).text()).toBe('two');
  });

  it('are 404 before there is one, and for unknown metadata', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    const absent = await fetch(`${url}/model/fall/1`);
    expect([absent.status, await detailOf(absent)]).toEqual([
      404,
      'model fall 1 has metadata but no package yet',
    ]);
    expect((await fetch(`${url}/model/fall/2`)).status).toBe(404);
    expect((await put('/model/other/1', 'x')).status).toBe(404);
    expect((await fetch(`${url}/model/..%2f..%2fetc%2fpasswd/1`)).status).toBe(404);
    expect((await fetch(`${url}/model/meta?model_name=x&model_version=1`)).status).toBe(404);
  });

  it('need the form field "file"', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    const missing = {
      detail: [{ loc: ['body', 'file'], msg: 'field required', type: 'value_error.missing' }],
    };
    const other = new FormData();
    other.set('data', new Blob(['x']), 'x.bin');
    const text = new FormData();
    text.set('file', 'a text and no file');
    for (const body of [other, text, new FormData(), 'raw bytes']) {
      const response = await fetch(`${url}/model/fall/1`, { method: 'PUT', body });
      expect(response.status).toBe(422);
      expect(await response.json()).toEqual(missing);
    }
    const octets = await fetch(`${url}/model/fall/1`, {
      method: 'PUT',
      body: 'raw',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(octets.status).toBe(422);
  });

  it('are taken beside other fields and files, whose names mean nothing', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    const form = new FormData();
    form.set('note', 'hello');
    form.set('before', new Blob(['b'.repeat(100_000)]), 'before.bin');
    form.set('file', new Blob(['the package']), '../../etc/passwd');
    form.set('after', new Blob(['a']), 'after.bin');
    expect((await fetch(`${url}/model/fall/1`, { method: 'PUT', body: form })).status).toBe(204);
    expect(await (await fetch(`${url}/model/fall/1`)).text()).toBe('the package');
    expect(await json('/model')).toMatchObject([{ file_name: 'passwd' }]);
  });

  it('are checked against the digest that was announced', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    const upload = (sha256: string) =>
      fetch(`${url}/model/fall/1`, { method: 'PUT', body: packageForm('x', 'x', { sha256 }) });
    const wrong = await upload('0'.repeat(64));
    expect([wrong.status, await detailOf(wrong)]).toEqual([422, expect.stringContaining('was announced')]);
    expect((await upload('not a digest')).status).toBe(422);
    expect((await fetch(`${url}/model/fall/1`)).status).toBe(404);
    expect((await upload(createHash('sha256').update('x').digest('hex'))).status).toBe(204);
  });
});

describe('PUT /model/meta and DELETE', () => {
  it('replaces metadata as a whole and keeps the package', async () => {
    await post({ model_name: 'fall', model_version: '1', meta });
    await put('/model/fall/1', 'x');
    const response = await send(`${url}/model/meta/fall/1`, 'PUT', { description: 'new' });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await json('/model')).toMatchObject([{ meta: { library: null, description: 'new' }, size: 1 }]);
    expect((await send(`${url}/model/meta/fall/2`, 'PUT', {})).status).toBe(404);
  });

  it('deletes once, 404 again', async () => {
    await post({ model_name: 'fall', model_version: '1' });
    await put('/model/fall/1', 'x');
    const remove = () => fetch(`${url}/model/fall/1`, { method: 'DELETE' });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect(await json('/model')).toEqual([]);
    expect((await fetch(`${url}/model/fall/1`)).status).toBe(404);
  });

  it('asks for both parts of the name of one model', async () => {
    const response = await fetch(`${url}/model/meta?model_name=x`);
    expect(response.status).toBe(422);
    expect(await detailOf(response)).toContain('["query","model_version"]');
  });
});
