import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

const bytes = randomBytes(2_500_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
let repository: TestRepository;
let target: string;
beforeAll(async () => {
  repository = await startRepository();
  await send(`${repository.url}/model`, 'POST', { model_name: 'fall', model_version: '1' });
  target = `${repository.url}/model/fall/1`;
  await fetch(target, { method: 'PUT', body: packageForm(bytes, 'mö del.bin') });
});
afterAll(() => repository.stop());

const get = (headers: Record<string, string>, method = 'GET') => fetch(target, { method, headers });
const tag = `"${sha256}"`;

it('gives the digest as its entity tag and in Repr-Digest', async () => {
  const { headers, status } = await get({}, 'HEAD');
  expect(status).toBe(200);
  expect(Object.fromEntries(headers)).toMatchObject({
    etag: tag,
    'content-length': '2500000',
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="m_ del.bin"; filename*=UTF-8''m%C3%B6%20del.bin`,
    'repr-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
  });
});

it.each([tag, `"other", ${tag}`, `W/${tag}`, '*'])('answers 304 to If-None-Match: %s', async (value) => {
  const response = await get({ 'if-none-match': value });
  expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', tag]);
});

it('sends the package to who has another one', async () => {
  const response = await get({ 'if-none-match': '"other"' });
  expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, bytes.length]);
});

it.each([
  ['bytes=0-0', 0, 1],
  ['bytes=1000000-1999999', 1_000_000, 2_000_000],
  ['bytes=2499999-', 2_499_999, 2_500_000],
  ['bytes=2499990-9999999', 2_499_990, 2_500_000],
  ['bytes=-10', 2_499_990, 2_500_000],
  ['bytes=-99999999', 0, 2_500_000],
])('answers 206 to Range: %s', async (range, start, end) => {
  const response = await get({ range });
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/2500000`);
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
});

it.each(['bytes=2500000-', 'bytes=9999999-99999999', 'bytes=-0'])(
  'answers 416 to Range: %s',
  async (range) => {
    const response = await get({ range });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */2500000']);
    expect(await detailOf(response)).toBe('the range begins after the 2500000 bytes of the package');
  },
);

it.each(['bytes=0-1,5-6', 'items=0-1', 'bytes=5-1', 'bytes=-', 'nonsense'])(
  'answers with all of it to Range: %s',
  async (range) => {
    const response = await get({ range });
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 2_500_000]);
  },
);

it('goes on with a download only when it is still the same package', async () => {
  const same = await get({ range: 'bytes=10-', 'if-range': tag });
  const other = await get({ range: 'bytes=10-', 'if-range': '"other"' });
  expect([same.status, other.status]).toEqual([206, 200]);
  await Promise.all([same.arrayBuffer(), other.arrayBuffer()]);
});

it('goes on serving when a client leaves in the middle of a download', async () => {
  for (let index = 0; index < 5; index++) {
    await new Promise<void>((resolve) => {
      const call = request(target, (answer) =>
        answer.once('data', () => call.destroy()).once('close', resolve),
      );
      call.on('error', () => undefined).end();
    });
  }
  expect((await (await get({})).arrayBuffer()).byteLength).toBe(bytes.length);
});
