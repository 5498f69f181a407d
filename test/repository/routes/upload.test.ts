import { readdirSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository({ maxBody: '1MB' });
  await send(`${repository.url}/model`, 'POST', { model_name: 'fall', model_version: '1' });
  await fetch(`${repository.url}/model/fall/1`, { method: 'PUT', body: packageForm('the old one') });
});
afterEach(async () => {
  // whatever went wrong: what was stored is unharmed, and nothing is left of what was not
  expect(await (await fetch(`${repository.url}/model/fall/1`)).text()).toBe('the old one');
  expect(readdirSync(join(repository.directory, 'incoming'))).toEqual([]);
});
afterAll(() => repository.stop());

const BOUNDARY = 'xyz';
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`;

/** A request whose body is written by hand. */
function upload(
  headers: Record<string, string | number>,
  write: (body: ReturnType<typeof request>) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(`${repository.url}/model/fall/1`, {
      method: 'PUT',
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    });
    call.on('response', resolve).on('error', reject);
    write(call);
  });
}

async function answerOf(response: IncomingMessage): Promise<[number | undefined, string]> {
  return [response.statusCode, (JSON.parse(await text(response)) as { detail: string }).detail];
}

it('refuses a body that says it is larger than the limit before it is sent', async () => {
  const response = await upload({ 'content-length': 10 * 2 ** 30 }, (call) => call.write(HEAD));
  expect(await answerOf(response)).toEqual([
    413,
    'the body is larger than the 1000000 bytes that are allowed',
  ]);
  response.destroy();
});

it('refuses a body that turns out to be larger than the limit', async () => {
  const response = await upload({ 'transfer-encoding': 'chunked' }, (call) => {
    call.write(HEAD);
    for (let sent = 0; sent < 3_000_000; sent += 100_000) call.write(Buffer.alloc(100_000));
    call.end(`\r\n--${BOUNDARY}--\r\n`);
  });
  expect(await answerOf(response)).toEqual([
    413,
    'the body is larger than the 1000000 bytes that are allowed',
  ]);
});

it('takes a body of exactly the limit', async () => {
  await send(`${repository.url}/model`, 'POST', { model_name: 'exact', model_version: '1' });
  const form = packageForm(new Uint8Array(999_000));
  const response = await fetch(`${repository.url}/model/exact/1`, { method: 'PUT', body: form });
  expect(response.status).toBe(204);
});

it.each([
  ['ends within the file', `${HEAD}half of it`],
  ['ends within a header', `--${BOUNDARY}\r\nContent-Dispo`],
  ['has no part', 'nothing like a form'],
])('refuses a form that %s', async (_, body) => {
  const response = await upload({}, (call) => call.end(body));
  const [status, detail] = await answerOf(response);
  expect([400, 422]).toContain(status);
  expect(JSON.stringify(detail)).toMatch(/multipart form|field required/);
});

it('refuses a form without a boundary', async () => {
  const response = await upload({ 'content-type': 'multipart/form-data' }, (call) => call.end('x'));
  const [status, detail] = await answerOf(response);
  expect([status, detail]).toEqual([400, expect.stringContaining('multipart form')]);
});

it('cleans up after a client that leaves in the middle', async () => {
  const left = upload({}, (call) => {
    call.write(HEAD);
    call.write(Buffer.alloc(200_000), () => setTimeout(() => call.destroy(), 50));
  });
  await expect(left).rejects.toThrow();
  // the server hears of it a moment later
  for (let tries = 0; tries < 100; tries++) {
    if (readdirSync(join(repository.directory, 'incoming')).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

it('refuses a form with too many parts', async () => {
  const form = new FormData();
  for (let index = 0; index < 200; index++) form.append(`field-${index}`, 'x');
  form.set('file', new Blob(['x']), 'x');
  const response = await fetch(`${repository.url}/model/fall/1`, { method: 'PUT', body: form });
  expect([response.status, await detailOf(response)]).toEqual([
    400,
    expect.stringContaining('too many parts'),
  ]);
});

it('refuses an empty package', async () => {
  const response = await fetch(`${repository.url}/model/fall/1`, { method: 'PUT', body: packageForm('') });
  expect([response.status, await detailOf(response)]).toEqual([422, 'the package is empty']);
});
