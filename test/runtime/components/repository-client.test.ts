import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken } from '../../../contracts/program/token-file';
import { SCOPE_RIGHTS } from '../../../repository/access/tokens';
import { downloadPackage } from '../../../runtime/components/download-package';
import { RepositoryClient } from '../../../runtime/components/repository-client';
import { type RepositoryEvent } from '../../../runtime/components/repository-events';
import { FlakyProxy, type Mishap } from '../../fixtures/flaky-proxy';
import { startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
const bytes = randomBytes(3_000_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const file = join(folder, 'package.bin');
const FALL = { kind: 'model', name: 'fall', version: '1.0.0' } as const;
const STEP = { kind: 'transformation', name: 'custom.step' } as const;

let repository: TestRepository;
let client: RepositoryClient;
beforeAll(async () => {
  writeFileSync(file, bytes);
  repository = await startRepository();
  client = new RepositoryClient(`${repository.url}/`);
  await client.register(FALL, { library: 'onnx' });
  await client.upload(FALL, file, { sha256, fileName: 'fa"ll.bin' });
});
afterAll(() => repository.stop());

it('registers, describes, sends, finds, lists and deletes', async () => {
  expect(await client.register(STEP, { description: 'one' })).toBe(true);
  expect(await client.register(STEP, { description: 'two' })).toBe(false);
  await client.describe(STEP, { description: 'three' });
  await client.upload(STEP, file, { sha256 });
  expect(await client.find(STEP)).toMatchObject({ id: 'custom.step', description: 'three', sha256 });
  expect(await client.find(FALL)).toMatchObject({
    model_name: 'fall',
    size: bytes.length,
    file_name: 'fa_ll.bin',
  });
  expect(await client.find({ ...FALL, version: '2' })).toBeUndefined();
  expect(await client.find({ ...STEP, name: 'nobody' })).toBeUndefined();
  expect(await client.list('model', { library: 'tflite' })).toEqual([]);
  await client.delete(STEP);
  expect(await client.list('transformation')).toEqual([]);
});

it('says what the repository said', async () => {
  await expect(client.delete(STEP)).rejects.toThrow(
    `repository ${repository.url}: transformation custom.step is not in the repository`,
  );
  await expect(client.upload(FALL, file, { sha256: '0'.repeat(64) })).rejects.toThrow('was announced');
  await expect(client.register({ ...FALL, name: '../x' }, {})).rejects.toThrow('body.model_name: letters');
  await expect(client.list('model', { limit: '0' })).rejects.toMatchObject({ status: 422 });
});

it('says that a repository cannot be reached, and why', async () => {
  const gone = await startRepository();
  await gone.stop();
  const nobody = new RepositoryClient(gone.url);
  await expect(nobody.list('model')).rejects.toThrow(
    /^repository http:\/\/127.0.0.1:\d+: cannot be reached: .*ECONNREFUSED/,
  );
});

it('sends its token', async () => {
  const { token, line } = createToken('me', 'read', SCOPE_RIGHTS);
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, line);
  const closed = await startRepository({ tokens });
  await expect(new RepositoryClient(closed.url).list('model')).rejects.toThrow('a token is needed');
  const mine = new RepositoryClient(closed.url, { token });
  expect(await mine.list('model')).toEqual([]);
  await expect(mine.register(FALL, {})).rejects.toThrow('the token of me may read, not write');
  await closed.stop();
});

describe('a download', () => {
  const target = join(folder, 'down', 'package.bin');
  const through = async (mishaps: Mishap[], options = {}) => {
    const proxy = await FlakyProxy.start(repository.url, mishaps);
    try {
      const retries: string[] = [];
      const onRetry = (reason: string) => retries.push(reason);
      const flaky = new RepositoryClient(proxy.url);
      const result = await downloadPackage(flaky, FALL, target, { firstWaitMs: 1, onRetry, ...options });
      return { result, retries, ranges: proxy.ranges };
    } finally {
      await proxy.stop();
    }
  };

  it('goes on where a connection broke, until it is whole', async () => {
    const mishaps: Mishap[] = [{ cutAfter: 1_000_000 }, 'unavailable', { cutAfter: 500_000 }, 'none'];
    const { result, retries, ranges } = await through(mishaps, { sha256 });
    expect(result).toEqual({ sha256, size: bytes.length });
    expect(readFileSync(target).equals(bytes)).toBe(true);
    expect(retries).toHaveLength(3);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d+-$/.test(range ?? ''))).toBe(true);
    expect(readdirSync(join(folder, 'down'))).toEqual(['package.bin']);
  });

  it('is given up when the repository stays away, and leaves what was there', async () => {
    writeFileSync(target, 'the old one');
    const given = through(['unavailable'], { attempts: 3 });
    await expect(given).rejects.toThrow('try again later');
    expect(readFileSync(target, 'utf8')).toBe('the old one');
    expect(readdirSync(join(folder, 'down'))).toEqual(['package.bin']);
  });

  it('is not tried again when the answer is no', async () => {
    const none = downloadPackage(client, { ...FALL, version: '9' }, target);
    await expect(none).rejects.toThrow('model fall 9 is not in the repository');
  });

  it('is not used when its digest is another one', async () => {
    const altered = downloadPackage(client, FALL, target, { sha256: 'ab'.repeat(32) });
    await expect(altered).rejects.toThrow(
      /has digest sha256:\w+, sha256:abab\w+ is expected: it was altered/,
    );
    expect(readFileSync(target, 'utf8')).toBe('the old one');
  });

  it('may be made by many at once', async () => {
    const all = Array.from({ length: 6 }, () => downloadPackage(client, FALL, target, { sha256 }));
    await Promise.all(all);
    expect(readFileSync(target).equals(bytes)).toBe(true);
    expect(readdirSync(join(folder, 'down'))).toEqual(['package.bin']);
  });
});

/** Sequence of the last change that there is. */
async function endOfFeed(): Promise<number> {
  const response = await fetch(`${repository.url}/events?after=1000000`);
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const last = /"last":(\d+)}/.exec(text)?.[1];
    if (last !== undefined) return Number(last);
  }
  throw new Error('the feed ended');
}

describe('events', () => {
  it('come as they happen, and go on after a connection broke', async () => {
    const proxy = await FlakyProxy.start(repository.url, [{ cutAfter: 250 }, 'none']);
    const through = new RepositoryClient(proxy.url);
    const abort = new AbortController();
    const seen: RepositoryEvent[] = [];
    // the feed begins with what is there: a position beyond it is answered by where it ends
    const after = await endOfFeed();
    const reading = (async () => {
      for await (const event of through.events({ signal: abort.signal, after })) {
        seen.push(event);
        if (seen.length === 4) abort.abort();
      }
    })();
    for (const version of ['a', 'b', 'c', 'd']) await client.register({ ...FALL, version }, {});
    await reading;
    const versions = seen.map((event) => (event.kind === 'change' ? event.change.version : undefined));
    expect(versions).toEqual(['a', 'b', 'c', 'd']);
    await proxy.stop();
  });

  it('say that the lists have to be looked at when a position is not known', async () => {
    const abort = new AbortController();
    for await (const event of client.events({ signal: abort.signal, after: 1_000_000 })) {
      expect(event).toEqual({ kind: 'reset' });
      abort.abort();
    }
  });
});
