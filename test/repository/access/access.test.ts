import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken } from '../../../contracts/program/token-file';
import { openTokens, SCOPE_RIGHTS } from '../../../repository/access/tokens';
import { eventually } from '../../fixtures/eventually';
import { doublingModel } from '../../fixtures/onnx-models';
import { detailOf, packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
let repository: TestRepository | undefined;
afterEach(() => repository?.stop());

async function start(options: Parameters<typeof startRepository>[0]): Promise<string> {
  repository = await startRepository(options);
  return repository.url;
}

describe('tokens', () => {
  const reader = createToken('runtime', 'read', SCOPE_RIGHTS);
  const writer = createToken('ci', 'write', SCOPE_RIGHTS);
  const file = join(folder, 'tokens');
  beforeEach(() => writeFileSync(file, `# who may do what\n\n${reader.line}\n${writer.line}\n`));
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const create = (url: string, headers: Record<string, string>, version = '1') =>
    fetch(`${url}/model`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model_name: 'm', model_version: version }),
    });

  it('decide who may read and who may write', async () => {
    const url = await start({ tokens: file });
    const nobody = await fetch(`${url}/model`);
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="repository"',
    ]);
    expect(await detailOf(nobody)).toBe(
      'a token is needed: send it as the header Authorization: Bearer <token>',
    );
    const wrong = await fetch(`${url}/model`, { headers: as('mis_wrong') });
    expect([wrong.status, await detailOf(wrong)]).toEqual([401, 'the token is not known']);
    const forbidden = await create(url, as(reader.token));
    expect([forbidden.status, await detailOf(forbidden)]).toEqual([
      403,
      'the token of runtime may read, not write',
    ]);
    expect((await create(url, as(writer.token))).status).toBe(201);
    expect((await fetch(`${url}/model`, { headers: as(reader.token) })).status).toBe(200);
    expect((await fetch(`${url}/model`, { headers: as(writer.token) })).status).toBe(200);
  });

  it('are asked for before anything of an upload is read', async () => {
    const url = await start({ tokens: file });
    for (const path of ['/model/m/1', '/transformation/x', '/import']) {
      const method = path === '/import' ? 'POST' : 'PUT';
      expect((await fetch(`${url}${path}`, { method, body: packageForm('x') })).status).toBe(401);
    }
    expect((await fetch(`${url}/model/m/1`, { method: 'DELETE' })).status).toBe(401);
    expect((await fetch(`${url}/events`)).status).toBe(401);
    expect((await fetch(`${url}/export`)).status).toBe(401);
  });

  it('are not asked for where nothing is kept: health, page, documentation', async () => {
    const url = await start({ tokens: file });
    for (const path of ['/healthz', '/readyz', '/metrics', '/', '/page/page.css', '/openapi.json']) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
    }
    expect((await fetch(`${url}/docs/`)).status).toBe(200);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it('are not needed for reading when it is public', async () => {
    const url = await start({ tokens: file, publicRead: true });
    expect((await fetch(`${url}/model`)).status).toBe(200);
    expect((await create(url, {})).status).toBe(401);
  });

  it('are read again when asked, and stay when the file is wrong', async () => {
    const url = await start({ tokens: file });
    const late = createToken('late', 'read', SCOPE_RIGHTS);
    writeFileSync(file, late.line);
    repository?.server.reloadTokens();
    expect((await fetch(`${url}/model`, { headers: as(late.token) })).status).toBe(200);
    expect((await fetch(`${url}/model`, { headers: as(reader.token) })).status).toBe(401);
    writeFileSync(file, 'nonsense');
    repository?.server.reloadTokens();
    expect((await fetch(`${url}/model`, { headers: as(late.token) })).status).toBe(200);
  });

  it('are read again when their file changes', async () => {
    writeFileSync(file, `${reader.line}\n`);
    const url = await start({ tokens: file });
    const late = createToken('late', 'read', SCOPE_RIGHTS);
    writeFileSync(file, late.line);
    await eventually(async () =>
      expect((await fetch(`${url}/model`, { headers: as(late.token) })).status).toBe(200),
    );
  });

  it('lie in the file as digests only, and a wrong line is named', () => {
    const { token, line } = createToken('x', 'write', SCOPE_RIGHTS);
    expect(line).toBe(`x write sha256:${createHash('sha256').update(token).digest('hex')}`);
    expect(line).not.toContain(token);
    writeFileSync(file, `${line}\nbroken line\n`);
    expect(() => openTokens(file)).toThrow(`${file}:2: a line is a name, a scope (read or write)`);
    writeFileSync(file, `${line.replace(' write ', ' admin ')}\n`);
    expect(() => openTokens(file)).toThrow(`${file}:1:`);
    writeFileSync(file, '# none\n');
    expect(() => openTokens(file)).toThrow('has no token');
    expect(() => openTokens(join(folder, 'absent'))).toThrow('cannot read the tokens');
  });
});

it('takes no changes when it is read-only', async () => {
  const url = await start({ readOnly: true });
  const refused = await send(`${url}/model`, 'POST', { model_name: 'm', model_version: '1' });
  expect([refused.status, await detailOf(refused)]).toEqual([403, 'this repository is read-only']);
  for (const [path, method] of [
    ['/model/m/1', 'PUT'],
    ['/model/m/1', 'DELETE'],
    ['/import', 'POST'],
  ] as const) {
    const body = method === 'DELETE' ? undefined : packageForm('x');
    expect((await fetch(`${url}${path}`, { method, body })).status).toBe(403);
  }
  expect((await fetch(`${url}/model`)).status).toBe(200);
});

it('does not replace packages when versions are immutable', async () => {
  const url = await start({ immutable: true });
  await send(`${url}/model`, 'POST', { model_name: 'm', model_version: '1' });
  const put = (text: string) => fetch(`${url}/model/m/1`, { method: 'PUT', body: packageForm(text) });
  expect((await put('one')).status).toBe(204);
  const second = await put('two');
  expect([second.status, await detailOf(second)]).toEqual([
    409,
    'model m 1 has a package, and this repository does not replace packages: publish a new version',
  ]);
  expect(await (await fetch(`${url}/model/m/1`)).text()).toBe('one');
  expect((await send(`${url}/model/meta/m/1`, 'PUT', { description: 'new' })).status).toBe(204);
});

it('takes only packages that it understands when it is strict', async () => {
  const url = await start({ strict: true });
  await send(`${url}/model`, 'POST', { model_name: 'm', model_version: '1' });
  const put = (bytes: string | Uint8Array, name: string) =>
    fetch(`${url}/model/m/1`, { method: 'PUT', body: packageForm(bytes, name) });
  const opaque = await put('pickle', 'm.pkl');
  expect([opaque.status, await detailOf(opaque)]).toEqual([
    422,
    expect.stringContaining('of another runtime'),
  ]);
  expect((await put(doublingModel(), 'm.onnx')).status).toBe(204);
});

it('lets through so many requests a minute, and its health at any time', async () => {
  const url = await start({ rateLimit: '3' });
  const statuses = [];
  for (let index = 0; index < 4; index++) statuses.push((await fetch(`${url}/model`)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const limited = await fetch(`${url}/model`);
  expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await detailOf(limited)).toMatch(/^3 requests a minute are allowed: try again in /);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

describe('pages of other origins', () => {
  const origin = 'https://tools.example.org';
  const preflight = { origin, 'access-control-request-method': 'PUT' };

  it('may not call without the option', async () => {
    const url = await start({});
    const { headers } = await fetch(`${url}/model`, { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(`${url}/model`, { method: 'OPTIONS', headers: preflight })).status).toBe(404);
  });

  it('may call when they are named, and no others', async () => {
    const url = await start({ corsOrigin: `https://other.example.org,${origin}` });
    const { headers } = await fetch(`${url}/model`, { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    const allowed = await fetch(`${url}/model/m/1`, { method: 'OPTIONS', headers: preflight });
    expect([allowed.status, allowed.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, HEAD, POST, PUT, DELETE',
    ]);
    const other = await fetch(`${url}/model`, { headers: { origin: 'https://evil.example.org' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

it('sends headers that keep a browser careful', async () => {
  const url = await start({});
  const { headers } = await fetch(`${url}/`);
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  );
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('strict-transport-security')).toBeNull();
  expect((await fetch(`${url}/docs/`)).headers.get('content-security-policy')).not.toContain(
    'upgrade-insecure',
  );
});

it.each([
  '/../package.json',
  '/page/../../package.json',
  '/page/%2e%2e/%2e%2e/package.json',
  '/docs/static/..%2f..%2fpackage.json',
])('serves no file of the host: %s', async (path) => {
  const url = await start({});
  const response = await fetch(`${url}${path}`);
  expect([403, 404]).toContain(response.status);
  expect(await response.text()).not.toContain('"dependencies"');
});
