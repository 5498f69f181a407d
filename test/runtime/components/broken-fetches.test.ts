import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ComponentFetcher, type FetchOutcome } from '../../../runtime/components/component-fetcher';
import { tensor } from '../../../runtime/tensor/tensor';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { RepositoryClient } from '../../../runtime/components/repository-client';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { eventually } from '../../fixtures/eventually';
import { FlakyProxy, type Mishap } from '../../fixtures/flaky-proxy';
import { recordingLog } from '../../fixtures/recording-log';
import { startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';

/** A model of 2 MB. */
function bigModel(): Uint8Array {
  const graph = new OnnxGraph('big');
  const x = graph.input('x', 'float32', [500_000]);
  const weights = graph.constant(
    'weights',
    tensor('float32', [500_000], Float32Array.from({ length: 500_000 }, Math.random)),
  );
  graph.output(graph.node('Add', [x, weights], { name: 'y' }), 'float32', [500_000]);
  return encodeOnnxModel(graph);
}

const bytes = bigModel();
const sha256 = createHash('sha256').update(bytes).digest('hex');
const BIG = { kind: 'model', name: 'big', version: '1' } as const;
const REFERENCE = { name: 'big', version: '1' };

let repository: TestRepository;
beforeAll(async () => {
  repository = await startRepository();
  const file = join(temporaryFolder({ 'big.onnx': bytes }), 'big.onnx');
  const client = new RepositoryClient(repository.url);
  await client.register(BIG, {});
  await client.upload(BIG, file, { fileName: 'big.onnx' });
});
afterAll(() => repository.stop());

const leftIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.startsWith('.incoming-') || name.startsWith('.outgoing-'));

function fetcherOf(url: string, directory: string, options = {}, client = {}) {
  const { log, of, lines } = recordingLog();
  const outcomes: FetchOutcome[] = [];
  const onOutcome = (_kind: string, outcome: FetchOutcome) => outcomes.push(outcome);
  const fetcher = new ComponentFetcher(
    new RepositoryClient(url, { firstWaitMs: 1, ...client }),
    directory,
    log,
    { onOutcome, ...options },
  );
  return { fetcher, of, lines, outcomes };
}

/** A process that fetches the model, from a server that stops sending after some bytes. */
async function killedWhileFetching(url: string, directory: string): Promise<void> {
  const root = findPackageRoot(__dirname);
  const code = `
    const { ComponentFetcher } = require('${root}/lib/runtime/components/component-fetcher.js');
    const { RepositoryClient } = require('${root}/lib/runtime/components/repository-client.js');
    const log = { info() {}, warn() {} };
    void new ComponentFetcher(new RepositoryClient('${url}'), ${JSON.stringify(directory)}, log).fetch('model', ${JSON.stringify(REFERENCE)});`;
  const child: ChildProcess = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await eventually(() => {
    const [folder] = leftIn(directory).slice(-1);
    expect(readFileSync(join(directory, folder, 'package.partial')).length).toBeGreaterThan(400_000);
  });
  child.kill('SIGKILL');
  await ended;
}

/** Passes on to the repository, and stops in the middle of packages without closing. */
async function stallingAfter(limit: number): Promise<{ url: string; stop: () => Promise<void> }> {
  const server: Server = createServer((incoming, outgoing) => {
    void fetch(`${repository.url}${incoming.url}`).then(async (response) => {
      const body = Buffer.from(await response.arrayBuffer());
      outgoing.writeHead(response.status, {
        'content-length': body.length,
        etag: response.headers.get('etag') ?? '',
      });
      if (body.length > limit) outgoing.write(body.subarray(0, limit));
      else outgoing.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('what a killed fetch has left', () => {
  it('is gone on with, byte for byte, and nothing is left after a good fetch', async () => {
    const directory = temporaryFolder();
    const stalling = await stallingAfter(500_000);
    for (let kill = 0; kill < 2; kill += 1) await killedWhileFetching(stalling.url, directory);
    await stalling.stop();
    expect(leftIn(directory).length).toBeGreaterThan(0);

    const proxy = await FlakyProxy.start(repository.url, ['none']);
    const { fetcher } = fetcherOf(proxy.url, directory);
    await fetcher.fetch('model', REFERENCE);
    expect(proxy.ranges.filter((range) => range !== undefined)).toEqual(['bytes=500000-']);
    expect(readFileSync(join(directory, 'model/big/1/model.onnx')).equals(bytes)).toBe(true);
    await fetcher.sweep();
    expect(readdirSync(directory)).toEqual(['model']);
    await proxy.stop();
  });

  const leave = (
    directory: string,
    content: Uint8Array | undefined,
    owner: object,
    name = 'package.partial',
  ) => {
    const folder = join(directory, '.incoming-left');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
    if (content !== undefined) writeFileSync(join(folder, name), content);
    return folder;
  };
  const ended = { host: hostname(), pid: process.pid, token: 'of an earlier process', sha256 };

  it.each([
    ['zeros, as after a power cut', Buffer.alloc(900_000), true],
    ['more than there is', Buffer.alloc(bytes.length + 5), true],
    ['all of it', bytes, true],
    ['all of it, without its tag', bytes, false],
    ['nothing', new Uint8Array(0), false],
  ])('is right in the end when it was %s', async (_, content, hasTag) => {
    const directory = temporaryFolder();
    const folder = leave(directory, content, ended);
    if (hasTag) writeFileSync(join(folder, 'package.partial.tag'), `"${sha256}"`);
    const { fetcher } = fetcherOf(repository.url, directory);
    await fetcher.fetch('model', REFERENCE);
    expect(readFileSync(join(directory, 'model/big/1/model.onnx')).equals(bytes)).toBe(true);
    expect(readdirSync(directory)).toEqual(['model']);
  });

  it('is not fetched again when it was whole and was being unpacked', async () => {
    const directory = temporaryFolder();
    leave(directory, bytes, ended, 'package');
    const proxy = await FlakyProxy.start(repository.url, ['none']);
    await fetcherOf(proxy.url, directory).fetcher.fetch('model', REFERENCE);
    expect(proxy.ranges).toHaveLength(1);
    await proxy.stop();
  });

  it.each([
    ['of a process that has ended', { ...ended, pid: 2 ** 22 + 1 }, 0, true],
    ['of a process with the number of this one', ended, 0, true],
    ['that was left to be resumed', { ...ended, token: '' }, 0, true],
    ['of a process that runs', { ...ended, pid: process.ppid }, 0, false],
    ['of a process that has not written for two hours', { ...ended, pid: process.ppid }, 7200, true],
    ['of another machine', { ...ended, host: 'elsewhere' }, 60, false],
    ['of another machine that has not written for two hours', { ...ended, host: 'elsewhere' }, 7200, true],
  ])('is swept when it is %s', async (_, owner, secondsAgo, isSwept) => {
    const directory = temporaryFolder({ '.keep': '', 'model/.keep': '' });
    const folder = leave(directory, bytes, owner);
    const then = new Date(Date.now() - secondsAgo * 1000);
    for (const path of ['package.partial', 'owner.json', '']) utimesSync(join(folder, path), then, then);
    await fetcherOf(repository.url, directory).fetcher.sweep();
    expect(existsSync(folder)).toBe(!isSwept);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['.keep', 'model']));
  });

  it('stays while its fetch goes on in this process', async () => {
    const directory = temporaryFolder();
    const stalling = await stallingAfter(500_000);
    const { fetcher } = fetcherOf(stalling.url, directory, {}, { attempts: 1 });
    const fetching = fetcher.fetch('model', REFERENCE).catch((error: Error) => error.message);
    await eventually(() => expect(leftIn(directory)).toHaveLength(1));
    await fetcher.sweep();
    expect(leftIn(directory)).toHaveLength(1);
    await stalling.stop();
    expect(await fetching).toMatch(/cannot be reached|broke off/);
  });
});

describe('a connection that breaks', () => {
  it.each<[string, Mishap[]]>([
    ['in the answer about the component', [{ cutAfter: 20 }, { cutAfter: 1 }, 'none']],
    ['before the answer', ['unavailable', 'unavailable', 'none']],
    ['in the package', ['none', { cutAfter: 700_000 }, 'unavailable', { cutAfter: 10 }, 'none']],
  ])('%s is made again', async (_, mishaps) => {
    const proxy = await FlakyProxy.start(repository.url, mishaps);
    const directory = temporaryFolder();
    const { fetcher, outcomes } = fetcherOf(proxy.url, directory);
    await fetcher.fetch('model', REFERENCE);
    expect(readFileSync(join(directory, 'model/big/1/model.onnx')).equals(bytes)).toBe(true);
    expect(outcomes).toEqual(['fetched']);
    await proxy.stop();
  });

  it('is waited for as long as the repository asks', async () => {
    let count = 0;
    const askedMs: number[] = [];
    const server = createServer((_, outgoing) => {
      askedMs.push(performance.now());
      count += 1;
      if (count === 1) outgoing.writeHead(503, { 'retry-after': '1' }).end('{"detail":"busy"}');
      else outgoing.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await new RepositoryClient(url, { firstWaitMs: 1 }).list('model')).toEqual([]);
    expect(askedMs[1] - askedMs[0]).toBeGreaterThan(900);
    await new Promise((resolve) => server.close(resolve));
  });

  it('is not made again when the answer is no, nor when it is no JSON', async () => {
    const proxy = await FlakyProxy.start(repository.url, ['none']);
    const { fetcher, outcomes } = fetcherOf(proxy.url, temporaryFolder());
    await expect(fetcher.fetch('model', { name: 'nowhere', version: '1' })).rejects.toThrow(
      'is not in repository',
    );
    // The component, and what there is instead.
    expect(proxy.ranges).toHaveLength(2);
    expect(outcomes).toEqual(['refused']);
    await proxy.stop();
  });
});

describe('a repository that is away', () => {
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it('is waited for when it is told to, which the log says once', async () => {
    const port = await freePort();
    const directory = temporaryFolder();
    const { fetcher, of, outcomes } = fetcherOf(
      `http://127.0.0.1:${port}`,
      directory,
      { waitMs: 20_000 },
      { attempts: 1 },
    );
    const fetching = fetcher.fetch('model', REFERENCE, { wait: true });
    await eventually(() => expect(of('repository cannot be reached; waiting for it')).toHaveLength(1));
    const forward = createServer((incoming, outgoing) => {
      void fetch(`${repository.url}${incoming.url}`).then(async (response) => {
        outgoing.writeHead(response.status, { etag: response.headers.get('etag') ?? '' });
        outgoing.end(Buffer.from(await response.arrayBuffer()));
      });
    });
    await new Promise<void>((resolve) => forward.listen(port, '127.0.0.1', resolve));
    expect(await fetching).toBe('1');
    expect(of('repository cannot be reached; waiting for it')).toHaveLength(1);
    expect(outcomes).toEqual(['fetched']);
    forward.closeAllConnections();
    await new Promise((resolve) => forward.close(resolve));
  });

  it('is given up when the time is over, or at once where nothing is to wait', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { fetcher, outcomes } = fetcherOf(url, temporaryFolder(), { waitMs: 800 }, { attempts: 1 });
    const startedMs = performance.now();
    await expect(fetcher.fetch('model', REFERENCE)).rejects.toThrow('cannot be reached');
    expect(performance.now() - startedMs).toBeLessThan(700);
    await expect(fetcher.fetch('model', REFERENCE, { wait: true })).rejects.toThrow('cannot be reached');
    expect(performance.now() - startedMs).toBeGreaterThan(750);
    expect(outcomes).toEqual(['failed', 'failed']);
  });
});
