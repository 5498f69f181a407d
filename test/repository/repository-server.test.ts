import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { get as httpsGet } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeCertificates } from '../fixtures/certificates';
import { eventually } from '../fixtures/eventually';
import { startMongo } from '../fixtures/mongo-database';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../fixtures/repository';
import { mountDisk } from '../fixtures/small-disk';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { itWith } from '../fixtures/tools';

const folder = temporaryFolder();
let repository: TestRepository | undefined;
afterEach(() => repository?.stop());

const model = { model_name: 'm', model_version: '1' };
const HEAD = '--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';

/** An upload that has begun and waits to go on. */
function beginUpload(url: string) {
  const call = httpRequest(`${url}/model/m/1`, {
    method: 'PUT',
    headers: { 'content-type': 'multipart/form-data; boundary=xyz' },
  });
  const status = new Promise<number | undefined>((resolve) => {
    call.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', () => resolve(undefined));
  });
  call.write(HEAD);
  call.write(Buffer.alloc(100_000, 1));
  return { call, status };
}

describe('a stop in the middle of an upload', () => {
  it('lets the upload end, takes nothing new, and keeps what was acknowledged', async () => {
    repository = await startRepository();
    const { url, server, directory } = repository;
    await send(`${url}/model`, 'POST', model);
    const { call, status } = beginUpload(url);
    await eventually(() => expect(readdirSync(join(directory, 'incoming'))).toHaveLength(1));
    const stopped = server.stop();
    await expect(fetch(`${url}/model`)).rejects.toThrow();
    call.end('\r\n--xyz--\r\n');
    expect(await status).toBe(204);
    await stopped;
    repository = await startRepository({ store: `file:${directory}` });
    const down = await fetch(`${repository.url}/model/m/1`);
    expect((await down.arrayBuffer()).byteLength).toBe(100_000);
    rmSync(directory, { recursive: true });
  });

  it('cuts an upload that does not end in time, and leaves nothing of it', async () => {
    repository = await startRepository({ drainTimeout: '200ms' });
    const { url, server, directory } = repository;
    await send(`${url}/model`, 'POST', model);
    const { status } = beginUpload(url);
    await eventually(() => expect(readdirSync(join(directory, 'incoming'))).toHaveLength(1));
    await server.stop();
    expect(await status).toBeUndefined();
    expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
  });
});

it('tells its health, its readiness and its counts', async () => {
  repository = await startRepository();
  const { url } = repository;
  await send(`${url}/model`, 'POST', model);
  await fetch(`${url}/model/m/1`, { method: 'PUT', body: packageForm(new Uint8Array(50_000)) });
  await (await fetch(`${url}/model/m/1`)).arrayBuffer();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
  await eventually(async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const metrics = await response.text();
    expect(metrics).toContain(
      'repository_requests_total{method="PUT",route="/model/:name/:version",status="204"} 1',
    );
    expect(metrics).toContain('repository_components{kind="model"} 1');
    expect(metrics).toContain('repository_store_seconds_count{operation="publish"} 1');
    expect(metrics).toContain('repository_uploads_in_flight 0');
    expect(Number(/^repository_received_bytes_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(50_000);
    expect(Number(/^repository_sent_bytes_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(50_000);
  });
});

it('describes itself in OpenAPI, with every path of the contract', async () => {
  repository = await startRepository();
  const document = (await (await fetch(`${repository.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { requestBody?: { content: object }; responses: object }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(paths).toEqual(
    expect.arrayContaining([
      'POST /model',
      'GET /model',
      'GET /model/meta',
      'PUT /model/{name}/{version}',
      'PUT /model/meta/{name}/{version}',
      'GET /model/{name}/{version}',
      'DELETE /model/{name}/{version}',
      ...['transformation', 'service', 'inferencer'].flatMap((kind) => [
        `POST /${kind}`,
        `GET /${kind}`,
        `PUT /${kind}/{id}`,
        `PUT /${kind}/meta/{id}`,
        `GET /${kind}/{id}`,
        `DELETE /${kind}/{id}`,
      ]),
      'GET /events',
      'GET /export',
      'POST /import',
    ]),
  );
  const upload = document.paths['/model/{name}/{version}']?.put;
  expect(Object.keys(upload?.requestBody?.content ?? {})).toEqual(['multipart/form-data']);
  expect(Object.keys(upload?.responses ?? {})).toEqual(
    expect.arrayContaining(['204', '404', '409', '413', '422']),
  );
});

itWith('OpenSSL 3', 'serves over TLS', async () => {
  makeCertificates(folder);
  const [tlsCert, tlsKey] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  repository = await startRepository({ tlsCert, tlsKey });
  const { url } = repository;
  const [status, hsts, body] = await new Promise<unknown[]>((resolve, reject) => {
    httpsGet(`${url}/model`, { ca: readFileSync(join(folder, 'ca.crt')) }, (response) => {
      void text(response).then((body) =>
        resolve([response.statusCode, response.headers['strict-transport-security'], body]),
      );
    }).on('error', reject);
  });
  expect([status, hsts, body]).toEqual([200, 'max-age=31536000; includeSubDomains', '[]']);
});

itWith('right to mount', 'answers 503 and harms nothing when the disk is full', async () => {
  const disk = mountDisk('64m');
  const small = await startRepository({ store: `file:${disk.path}/store` });
  try {
    const { url } = small;
    await send(`${url}/model`, 'POST', model);
    const put = (body: RequestInit['body'], headers = {}) =>
      fetch(`${url}/model/m/1`, { method: 'PUT', body, headers, duplex: 'half' });
    expect((await put(packageForm(new Uint8Array(1_000_000)))).status).toBe(204);

    const announced = await put(packageForm(new Uint8Array(60_000_000)));
    expect([announced.status, await detailOf(announced)]).toEqual([
      503,
      'the store has no space left for this package',
    ]);
    // not announced, so that it is found out in the middle
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(HEAD));
        for (let index = 0; index < 70; index++) controller.enqueue(Buffer.alloc(1_000_000));
        controller.close();
      },
    });
    const found = await put(stream, { 'content-type': 'multipart/form-data; boundary=xyz' });
    expect([found.status, await detailOf(found)]).toEqual([
      503,
      'the store has no space left for this package',
    ]);
    expect(readdirSync(join(disk.path, 'store', 'incoming'))).toEqual([]);
    expect((await (await fetch(`${url}/model/m/1`)).arrayBuffer()).byteLength).toBe(1_000_000);
    expect((await put(packageForm('small'))).status).toBe(204);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  } finally {
    await small.stop();
    disk.unmount();
  }
});

itWith(
  'MongoDB server program',
  'is alive but not ready while its database is away',
  async () => {
    const database = await startMongo();
    repository = await startRepository({ store: database.uri('service'), spool: folder });
    const { url } = repository;
    expect((await send(`${url}/model`, 'POST', model)).status).toBe(201);
    await database.kill();
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await detailOf(ready)]).toEqual([503, expect.stringContaining('try again later')]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const upload = await fetch(`${url}/model/m/1`, { method: 'PUT', body: packageForm('x') });
    expect([upload.status, await detailOf(upload)]).toEqual([
      503,
      expect.stringContaining('try again later'),
    ]);
    await database.start();
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200));
    expect(await (await fetch(`${url}/model`)).json()).toHaveLength(1);
    await repository.stop();
    await database.stop();
  },
  120_000,
);
