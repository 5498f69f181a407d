import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RepositoryClient } from '../../../runtime/components/repository-client';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../runtime/tensor/tensor';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { eventually } from '../../fixtures/eventually';
import { recordingLog } from '../../fixtures/recording-log';
import { startRepository, type TestRepository } from '../../fixtures/repository';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';

/** A model that adds a number to x. */
function adding(number: number): Uint8Array {
  const graph = new OnnxGraph('add');
  const x = graph.input('x', 'float32', ['n', 1]);
  const by = graph.constant('by', tensor('float32', [1], Float32Array.of(number)));
  graph.output(graph.node('Add', [x, by], { name: 'y' }), 'float32', ['n', 1]);
  return encodeOnnxModel(graph);
}

const files = temporaryFolder();
let repository: TestRepository;
let client: RepositoryClient;
let started: StartedServer | undefined;
beforeEach(async () => {
  repository = await startRepository();
  client = new RepositoryClient(repository.url);
});
afterEach(async () => {
  await started?.server.stop();
  started = undefined;
  await repository.stop();
});

async function publish(number: number, version = '1'): Promise<void> {
  const file = join(files, 'add.onnx');
  writeFileSync(file, adding(number));
  const reference = { kind: 'model', name: 'add', version } as const;
  await client.register(reference, {});
  await client.upload(reference, file, { fileName: 'add.onnx' });
}

function documentOf(version = '1'): string {
  const document = {
    name: 'add',
    input: { x: { dtype: 'float32', shape: ['n', 1] } },
    model: { name: 'add', version },
    reload: 'follow',
  };
  return join(temporaryFolder({ 'pipeline.yaml': stringify(document) }), 'pipeline.yaml');
}

async function answer(): Promise<number> {
  const stock = new StockClient(started!.grpc);
  const { responses } = await stock.call([request(1, { x: tensor('float32', [1, 1], Float32Array.of(0)) })]);
  stock.close();
  return toTensor(responses[0].tensors[0][1], 'y').data[0] as number;
}

async function fetches(outcome: string): Promise<number> {
  const text = await (await fetch(`http://${started!.http}/metrics`)).text();
  const line = new RegExp(
    `inference_component_fetches_total\\{kind="model",outcome="${outcome}"\\} (\\d+)`,
  ).exec(text);
  return Number(line?.[1] ?? 0);
}

/** Passes on to the repository, and can be cut off from it. */
async function link() {
  let isCut = false;
  const server = createServer((incoming, outgoing) => {
    if (isCut) return void outgoing.destroy();
    const abort = new AbortController();
    outgoing.once('close', () => abort.abort());
    fetch(`${repository.url}${incoming.url}`, { signal: abort.signal })
      .then(async (response) => {
        outgoing.writeHead(response.status, { etag: response.headers.get('etag') ?? '' });
        for await (const chunk of response.body ?? []) outgoing.write(chunk);
        outgoing.end();
      })
      .catch(() => outgoing.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: (): void => {
      isCut = true;
      server.closeAllConnections();
    },
    mend: (): void => void (isCut = false),
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a pipeline that follows the repository', () => {
  it('takes what was published while it was off', async () => {
    await publish(1);
    const components = [temporaryFolder()];
    const path = documentOf();
    started = await startServer([path], { repository: repository.url, components });
    expect(await answer()).toBe(1);
    await started.server.stop();
    await publish(2);
    started = await startServer([path], { repository: repository.url, components });
    await eventually(async () => expect(await answer()).toBe(2));
  });

  it('takes what was published while it was cut off, before a first event and after one', async () => {
    await publish(1);
    const way = await link();
    const { log, of } = recordingLog();
    started = await startServer(
      [documentOf()],
      { repository: way.url, components: [temporaryFolder()] },
      log,
    );
    await eventually(() => expect(of('following the repository')).toHaveLength(1));
    for (const number of [2, 3]) {
      way.cut();
      await publish(number);
      await eventually(() =>
        expect(of('the change feed broke off; it is opened again').length).toBeGreaterThan(0),
      );
      way.mend();
      await eventually(async () => expect(await answer()).toBe(number));
    }
    await started.server.stop();
    started = undefined;
    await way.stop();
  }, 30_000);

  it('takes a release and no prerelease where it says latest', async () => {
    await publish(1, '1.0.0');
    started = await startServer([documentOf('latest')], {
      repository: repository.url,
      components: [temporaryFolder()],
    });
    expect(await answer()).toBe(1);
    await publish(2, '2.0.0-rc.1');
    await publish(3, 'test');
    await publish(4, '1.10.0');
    await eventually(async () => expect(await answer()).toBe(4));
    await publish(5, '2.0.0');
    await publish(6, '2.0.1-beta');
    await eventually(async () => expect(await answer()).toBe(5));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await answer()).toBe(5);
  }, 30_000);

  it('counts what was fetched and what was refused, and says why', async () => {
    await publish(1);
    const { log, of } = recordingLog();
    started = await startServer(
      [documentOf()],
      { repository: repository.url, components: [temporaryFolder()] },
      log,
    );
    await eventually(async () => expect(await fetches('fetched')).toBe(1));
    await client.delete({ kind: 'model', name: 'add', version: '1' });
    await client.register({ kind: 'model', name: 'add', version: '1' }, {});
    await client
      .sign({ kind: 'model', name: 'add', version: '1' }, '0'.repeat(64), { signature: 'x', signer: 'y' })
      .catch(() => undefined);
    await publish(7);
    await eventually(async () => expect(await answer()).toBe(7));
    expect(await fetches('fetched')).toBe(2);
    expect(of('component fetched')).toHaveLength(2);
  });
});

describe('a repository that is away when the server starts', () => {
  it('is waited for', async () => {
    const way = await link();
    way.cut();
    await publish(1);
    const { log, of } = recordingLog();
    const starting = startServer(
      [documentOf()],
      { repository: way.url, components: [temporaryFolder()], repositoryWait: '20s' },
      log,
    );
    await eventually(() => expect(of('repository cannot be reached; waiting for it')).toHaveLength(1));
    way.mend();
    started = await starting;
    expect(await answer()).toBe(1);
    await started.server.stop();
    started = undefined;
    await way.stop();
  }, 30_000);

  it('is given up after the time that was given', async () => {
    const path = documentOf();
    const options = {
      repository: 'http://127.0.0.1:9',
      components: [temporaryFolder()],
      repositoryWait: '100ms',
    };
    await expect(startServer([path], options)).rejects.toThrow(
      /not found in .*; repository http:\S+ cannot be reached/,
    );
  });
});
