import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { App, Chart } from 'cdk8s';
import { type Construct } from 'constructs';
import { stringify } from 'yaml';
import * as mis from '../../constructs';
import { queueTimeQuery } from '../../constructs/scaling/horizontal-autoscaler';
import { RepositoryClient } from '../../runtime/components/repository-client';
import { toTensor } from '../../runtime/grpc/tensors/converters';
import { tensor } from '../../runtime/tensor/tensor';
import { balance } from '../../scripts/envoy/balance';
import { fallDetection } from '../../stacks';
import { checkHealth } from '../fixtures/check-health';
import { FALL } from '../fixtures/fall-detection-windows';
import { OnnxGraph, encodeOnnxModel } from '../fixtures/models/onnx';
import { doublingModel } from '../fixtures/onnx-models';
import { ROOT } from '../fixtures/package';
import { pipelineFolder } from '../fixtures/pipeline-folder';
import { packageForm, send, startRepository, type TestRepository } from '../fixtures/repository';
import { FALL_DETECTION, startServer } from '../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../fixtures/stock-client';
import { synthesize } from '../fixtures/synthesize';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { describeWith, itWith } from '../fixtures/tools';
import { zipOf } from '../fixtures/zip';

// Situations of other servers' public bug reports, for which the shared cases tell steps and have no files.

/** `y` = `factor` · `x`. */
function timesModel(factor: number): Uint8Array {
  const graph = new OnnxGraph('times');
  const x = graph.input('x', 'float32', ['batch', 3]);
  const by = graph.constant('by', tensor('float32', [], Float32Array.of(factor)));
  graph.output(graph.node('Mul', [x, by], { name: 'y' }), 'float32', ['batch', 3]);
  return encodeOnnxModel(graph);
}

/** The first output of ones. */
async function firstOutput(grpc: string): Promise<number> {
  const client = new StockClient(grpc);
  const ones = tensor('float32', [1, 3], Float32Array.of(1, 1, 1));
  const { responses } = await client.call([request(1, { x: ones })]);
  client.close();
  const [[name, proto]] = responses[0].tensors;
  return Number(toTensor(proto, name).data[0]);
}

describeWith('OpenSSL 3', 'r04: a certificate and its key', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const openssl = (command: string): unknown =>
    execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' });
  beforeAll(() => {
    const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    const extensions = '-addext basicConstraints=critical,CA:true';
    openssl(`req -x509 ${newKey} -days 2 -keyout root.key -out root.crt -subj /CN=root`);
    openssl(`req ${newKey} -keyout middle.key -out middle.csr -subj /CN=middle ${extensions}`);
    openssl(
      'x509 -req -days 2 -copy_extensions copy -CA root.crt -CAkey root.key -in middle.csr -out middle.crt',
    );
    openssl(
      `req ${newKey} -keyout leaf.key -out leaf.csr -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`,
    );
    openssl(
      'x509 -req -days 2 -copy_extensions copy -CA middle.crt -CAkey middle.key -in leaf.csr -out leaf.crt',
    );
    openssl('genrsa -out other.key 2048');
    const [leaf, middle] = ['leaf.crt', 'middle.crt'].map((name) => readFileSync(at(name), 'utf8'));
    writeFileSync(at('chain.crt'), leaf + middle);
    writeFileSync(at('reversed.crt'), middle + leaf);
  });

  it('are refused at start when the key is of another kind', async () => {
    const tls = { tlsCert: at('chain.crt'), tlsKey: at('other.key') };
    await expect(startServer([FALL_DETECTION], tls)).rejects.toThrow(/tls-key/);
    await expect(startRepository(tls)).rejects.toThrow(/tls-key/i);
  });

  it('serve with the intermediate first, or are refused with what is wrong', async () => {
    const tls = { tlsCert: at('reversed.crt'), tlsKey: at('leaf.key') };
    const started = await startServer([FALL_DETECTION], tls).catch((error: Error) => error);
    if (started instanceof Error) expect(started.message).toMatch(/tls-cert/);
    else {
      const secure = credentials.createSsl(readFileSync(at('root.crt')));
      expect(await checkHealth(started.grpc, '', secure)).toBe('SERVING');
      await started.server.stop();
    }
  });
});

describe('components of a repository', () => {
  let repository: TestRepository;
  let client: RepositoryClient;
  beforeEach(async () => {
    repository = await startRepository();
    client = new RepositoryClient(repository.url);
  });
  afterEach(() => repository.stop());

  async function push(version: string, bytes: Uint8Array): Promise<void> {
    const file = join(temporaryFolder({ 'model.onnx': bytes }), 'model.onnx');
    await client.register({ kind: 'model', name: 'times', version }, {});
    await client.upload({ kind: 'model', name: 'times', version }, file, { fileName: 'model.onnx' });
  }

  function document(model: object): string {
    const input = { x: { dtype: 'float32', shape: ['n', 3] } };
    return join(temporaryFolder({ 'p.yaml': stringify({ name: 'p', input, model }) }), 'p.yaml');
  }

  it('r07: latest is the newest release, not a prerelease', async () => {
    for (const [index, version] of ['1.9.0', '1.10.0', '2.0.0-beta.1', '2.0.0'].entries()) {
      await push(version, timesModel(index + 1));
    }
    const { server, grpc } = await startServer([document({ name: 'times', version: 'latest' })], {
      repository: repository.url,
      components: [temporaryFolder()],
    });
    expect(await firstOutput(grpc)).toBe(4);
    await server.stop();
  });

  it.each([
    ['replaced', (file: string) => writeFileSync(file, timesModel(7))],
    ['truncated', (file: string) => truncateSync(file, 20)],
  ])('r06: a kept package that was %s is fetched again', async (_, damage) => {
    await push('1', timesModel(2));
    const found = await client.find({ kind: 'model', name: 'times', version: '1' });
    const components = temporaryFolder();
    const path = document({ name: 'times', version: '1', digest: `sha256:${found?.sha256}` });
    const options = { repository: repository.url, components: [components] };
    await (await startServer([path], options)).server.stop();
    const kept = readdirSync(components, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.onnx'),
    );
    expect(kept).toHaveLength(1);
    damage(join(components, kept[0]));
    const { server, grpc } = await startServer([path], options);
    expect(await firstOutput(grpc)).toBe(2);
    await server.stop();
  });

  it('r17: a zip with a file and a folder of one name is refused', async () => {
    await send(`${repository.url}/model`, 'POST', { model_name: 'm', model_version: '1' });
    const zip = await zipOf({ a: 'x', 'a/b': 'y', 'component.json': '{ "kind": "model", "file": "a" }' });
    const answer = await fetch(`${repository.url}/model/m/1`, {
      method: 'PUT',
      body: packageForm(zip, 'm.zip'),
    });
    expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain(repository.directory);
  });
});

describe.each(['constructor', 'toString', 'valueOf'])('r18: a tensor called %s', (name) => {
  it('is served as input and output', async () => {
    const graph = new OnnxGraph('names');
    const x = graph.input(name, 'float32', ['batch', 3]);
    graph.output(graph.node('Add', [x, x], { name: `${name}2` }), 'float32', ['batch', 3]);
    const input = { [name]: { dtype: 'float32' as const, shape: ['n', 3] } };
    const { server, grpc } = await startServer([pipelineFolder(graph, { name: 'names', input })]);
    const client = new StockClient(grpc);
    const ones = tensor('float32', [1, 3], Float32Array.of(1, 1, 1));
    const { responses } = await client.call([request(1, { [name]: ones })]);
    expect(responses.map(({ error, tensors }) => [error, tensors.map(([each]) => each)])).toEqual([
      [undefined, [`${name}2`]],
    ]);
    client.close();
    await server.stop();
  });
});

itWith(
  'Envoy',
  "r09: a client's cancels behind Envoy do not end another client's stream",
  async (program) => {
    const { server, grpc } = await startServer([FALL_DETECTION]);
    const { envoy, address } = await balance(program, [grpc]);
    const [steady, hasty] = [new StockClient(address), new StockClient(address)];
    try {
      const stream = steady.open();
      const outcome = outcomeOf(stream);
      // For 15 s, which is long enough for a limit of 200 resets and 30 a second.
      for (let round = 0; round < 150; round += 1) {
        const calls = Array.from({ length: 6 }, () => hasty.open().on('error', () => undefined));
        for (const call of calls) call.write(request(1, { array: FALL.window }));
        stream.write(request(round, { array: FALL.window }));
        // Before the answers: a reset counts only then.
        await new Promise((resolve) => setTimeout(resolve, 1));
        for (const call of calls) call.cancel();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      stream.end();
      const { responses, status: end } = await outcome;
      expect([status[end.code], end.details, responses.length]).toEqual(['OK', 'OK', 150]);
    } finally {
      for (const each of [steady, hasty]) each.close();
      await envoy.stop();
      await server.stop();
    }
  },
  60_000,
);

itWith(['promtool', 'shared cases'], 'r12: queue-time scaling reads its own pods only', (promtool, cases) => {
  const folder = temporaryFolder();
  cpSync(join(cases, 'r12-keda-query-prefix'), folder, { recursive: true });
  // Rounded, because promtool compares numbers bit by bit.
  const rule = { record: 'scaling:fall', expr: `round(${queueTimeQuery('ml', 'fall')}, 0.000001)` };
  writeFileSync(
    join(folder, 'rules.yaml'),
    stringify({ groups: [{ name: 'q', interval: '15s', rules: [rule] }] }),
  );
  expect(execFileSync(promtool, ['test', 'rules', 'test.yaml'], { cwd: folder, encoding: 'utf8' })).toContain(
    'SUCCESS',
  );
});

describe('what Kubernetes refuses', () => {
  const untyped = (value: unknown): never => value as never;
  const server = (scope: Construct): mis.InferenceServer =>
    new mis.InferenceServer(scope, 'fall', {
      pipelines: [fallDetection],
      components: mis.ComponentSource.image('/app/components'),
    });

  it.each<[string, () => unknown]>([
    ['a label value of 70 letters', () => mis.NodePool.labelled({ pool: 'x'.repeat(70) })],
    ['a label value with a space', () => mis.NodePool.labelled({ pool: 'a b' })],
    ['a label value that is no text', () => mis.NodePool.labelled({ pool: untyped(true) })],
    [
      'a taint key with a space',
      () => mis.NodePool.labelled({ pool: 'a' }, { taints: [{ key: 'a b', effect: 'NoSchedule' }] }),
    ],
    [
      'a taint effect that there is not',
      () => mis.NodePool.labelled({ pool: 'a' }, { taints: [{ key: 'a', effect: untyped('noschedule') }] }),
    ],
    ['a network of 99 bits', () => mis.Peer.network('10.0.0.0/99')],
    ['a network of no address', () => mis.Peer.network('999.1.1.1/8')],
    ["a pod's label with a space", () => mis.Peer.pods({ app: 'a b' })],
    ["a pod's label that is no text", () => mis.Peer.pods({ app: untyped(1) })],
    ['a MIG profile that there is not', () => mis.GpuSharing.mig('1g.99gb')],
    ['a namespace with capitals', () => void server(new Chart(new App(), 'c', { namespace: 'Bad_NS' }))],
    [
      'an annotation that is no text',
      () => mis.Exposure.loadBalancer({ annotations: { internal: untyped(true) } }),
    ],
  ])('r13: is refused at synth: %s', (_, build) => {
    expect(build).toThrow();
  });

  it('r13: is refused at synth: one object of two charts', () => {
    const app = new App({ outdir: temporaryFolder() });
    for (const id of ['one', 'two']) server(new mis.StackNamespace(new Chart(app, id), 'ml'));
    expect(() => app.synth()).toThrow(/ml.*fall/s);
  });
});

it('r14: linked files of a components folder are in the ConfigMap', () => {
  const [stored, folder] = [temporaryFolder({ 'model.bin': doublingModel() }), temporaryFolder()];
  const at = join(folder, 'model/double/1');
  mkdirSync(at, { recursive: true });
  renameSync(join(stored, 'model.bin'), join(stored, 'blob'));
  symlinkSync(join(stored, 'blob'), join(at, 'model.onnx'));
  const input = { x: { dtype: 'float32' as const, shape: ['n', 3] } };
  const objects = synthesize((ml) => {
    new mis.InferenceServer(ml, 'double', {
      pipelines: [{ name: 'double', input, model: { name: 'double', version: '1' } }],
      components: mis.ComponentSource.folder(folder),
    });
  });
  const binary = objects.flatMap(({ binaryData }) => Object.values(binaryData ?? {}) as string[]);
  expect(binary).toContain(Buffer.from(doublingModel()).toString('base64'));
});

it('r15: the image has the locale that text models ask for', () => {
  expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toMatch(/en_US\.UTF-8/);
});
