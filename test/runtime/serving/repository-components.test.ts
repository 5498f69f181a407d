import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { RepositoryClient } from '../../../runtime/components/repository-client';
import { signComponent } from '../../../runtime/components/trust/sign';
import { type RuntimeOptions } from '../../../runtime/config/runtime-options';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../runtime/tensor/tensor';
import { encodeOnnxModel } from '../../fixtures/models/onnx';
import { eventually } from '../../fixtures/eventually';
import { FALL } from '../../fixtures/fall-detection-windows';
import { identityModel } from '../../fixtures/models/tiny-models';
import { startRepository, type TestRepository } from '../../fixtures/repository';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { zipOf } from '../../fixtures/zip';

const offsetPackage = (by: number, version = '1.0.0'): Promise<Buffer> =>
  zipOf({
    'component.json': JSON.stringify({ kind: 'transformation', id: 'offset', version, entry: 'index.js' }),
    'index.js': `module.exports = ({ defineTransformation, tensor, z }) => defineTransformation({
      name: 'offset', description: 'Adds a constant.', parameters: z.strictObject({}), format: (input) => input,
      apply: (x) => tensor('float32', x.shape, x.data.map((value) => value + ${by})),
    });`,
  });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const keyPair = (): { privateKey: KeyObject; file: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const folder = temporaryFolder({ 'key.pub': publicKey.export({ type: 'spki', format: 'pem' }) as string });
  return { privateKey, file: join(folder, 'key.pub') };
};

let repository: TestRepository;
let client: RepositoryClient;
const files = temporaryFolder();
beforeEach(async () => {
  repository = await startRepository();
  client = new RepositoryClient(repository.url);
});
afterEach(() => repository.stop());

async function push(
  kind: 'model' | 'transformation',
  name: string,
  bytes: Uint8Array,
  signer?: KeyObject,
): Promise<void> {
  const version = kind === 'model' ? '1' : undefined;
  const file = join(files, `${name}.${kind === 'model' ? 'onnx' : 'zip'}`);
  writeFileSync(file, bytes);
  await client.register({ kind, name, version }, {});
  const identity = { kind, name, version: version ?? '1.0.0', sha256: sha256(bytes) };
  const signature = signer && signComponent(identity, signer);
  await client.upload({ kind, name, version }, file, { signature, fileName: file });
}

/** A document whose model and step are in the repository only. */
function offsetDocument(fields: { digest?: string; reload?: string; modelVersion?: string } = {}): string {
  const { digest, reload = 'watch', modelVersion = '1' } = fields;
  const document = {
    name: 'offset',
    input: { x: { dtype: 'float32', shape: [1, 2] } },
    preprocessing: [{ use: 'offset', ...(digest === undefined ? {} : { digest }) }],
    model: { name: 'identity', version: modelVersion },
    reload,
  };
  return join(temporaryFolder({ 'pipeline.yaml': stringify(document) }), 'pipeline.yaml');
}

function start(path: string, options: Partial<RuntimeOptions> = {}): Promise<StartedServer> {
  return startServer([path], {
    repository: repository.url,
    repositoryWait: '0s',
    components: [temporaryFolder()],
    ...options,
  });
}

async function answer(grpc: string): Promise<number> {
  const stock = new StockClient(grpc);
  const { responses } = await stock.call([
    request(1, { x: tensor('float32', [1, 2], Float32Array.of(1, 1)) }),
  ]);
  stock.close();
  return toTensor(responses[0].tensors[0][1], 'y').data[0] as number;
}

describe('a runtime with a repository', () => {
  it('fetches what its pipeline names on an empty machine, and starts without the repository afterwards', async () => {
    const model = join(dirname(FALL_DETECTION), 'components/model/fall-detection/pilot-2-2/model.onnx');
    await client.register(
      { kind: 'model', name: 'fall-detection', version: 'pilot-2-2' },
      { library: 'onnx' },
    );
    await client.upload({ kind: 'model', name: 'fall-detection', version: 'pilot-2-2' }, model, {
      fileName: 'm.onnx',
    });
    const path = join(temporaryFolder({ 'pipeline.yaml': readFileSync(FALL_DETECTION) }), 'pipeline.yaml');
    const components = temporaryFolder();
    for (const attempt of ['with', 'without']) {
      const { server, grpc } = await start(path, { components: [components] });
      const stock = new StockClient(grpc);
      const { responses } = await stock.call([request(1, { array: FALL.window })]);
      expect(toTensor(responses[0].tensors[0][1], 'p').data[0]).toBeCloseTo(FALL.confidence, 5);
      stock.close();
      await server.stop();
      if (attempt === 'with') await repository.stop();
    }
    expect(readdirSync(components)).toEqual(['model']);
    repository = await startRepository();
  });

  it('says where it looked when nothing is to be had', async () => {
    await push('model', 'other', encodeOnnxModel(identityModel('float32')));
    await push('transformation', 'offset', await offsetPackage(1));
    await expect(start(offsetDocument())).rejects.toThrow(
      /model: model 'identity' 1 is not in repository http:\S+; there are other/,
    );
    await repository.stop();
    await expect(start(offsetDocument())).rejects.toThrow(
      /model: model 'identity' 1 not found in .*; repository http:\S+ cannot be reached/,
    );
    repository = await startRepository();
  });

  it('runs code only when its digest is pinned or a trusted key has signed it', async () => {
    const [trusted, stranger] = [keyPair(), keyPair()];
    const bytes = await offsetPackage(10);
    await push('model', 'identity', encodeOnnxModel(identityModel('float32')));

    await push('transformation', 'offset', bytes);
    const digest = `sha256:${sha256(bytes)}`;
    await expect(start(offsetDocument(), { trustedKeys: [trusted.file] })).rejects.toThrow(
      `preprocessing[0].use: transformation 'offset' 1.0.0 is not signed: sign it (mis sign), or pin it in the document (digest: ${digest})`,
    );
    const pinned = await start(offsetDocument({ digest }));
    expect(await answer(pinned.grpc)).toBe(11);
    await pinned.server.stop();

    await push('transformation', 'offset', bytes, stranger.privateKey);
    await expect(start(offsetDocument(), { trustedKeys: [trusted.file] })).rejects.toThrow(
      'which is not trusted here',
    );
    await push('transformation', 'offset', bytes, trusted.privateKey);
    const signed = await start(offsetDocument(), { trustedKeys: [trusted.file] });
    expect(await answer(signed.grpc)).toBe(11);
    await signed.server.stop();
  });

  it('refuses a package that was altered on its way, and one whose signature is for another', async () => {
    const { privateKey, file } = keyPair();
    const bytes = await offsetPackage(10);
    await push('model', 'identity', encodeOnnxModel(identityModel('float32')));
    await push('transformation', 'offset', bytes, privateKey);
    const proxy = await alteringProxy(repository.url);
    const { port } = proxy.address() as AddressInfo;
    const altered = { repository: `http://127.0.0.1:${port}`, trustedKeys: [file] };
    await expect(start(offsetDocument(), altered)).rejects.toThrow(
      'it was altered or replaced, and is not used',
    );
    await new Promise((resolve) => proxy.close(resolve));

    await push('transformation', 'offset', bytes);
    const forged = signComponent(
      { kind: 'transformation', name: 'offset', version: '9', sha256: sha256(bytes) },
      privateKey,
    );
    await client.sign({ kind: 'transformation', name: 'offset' }, sha256(bytes), forged);
    await expect(start(offsetDocument(), { trustedKeys: [file] })).rejects.toThrow(
      'the signature of transformation',
    );
    const other = `sha256:${'0'.repeat(64)}`;
    await expect(start(offsetDocument({ digest: other }))).rejects.toThrow(
      `the document allows only ${other}`,
    );
  });

  it('lets several start on one directory at once', async () => {
    const bytes = await offsetPackage(10);
    await push('model', 'identity', encodeOnnxModel(identityModel('float32')));
    await push('transformation', 'offset', bytes);
    const components = [temporaryFolder()];
    const path = offsetDocument({ digest: `sha256:${sha256(bytes)}` });
    const started = await Promise.all([1, 2, 3, 4].map(() => start(path, { components })));
    for (const { server, grpc } of started) {
      expect(await answer(grpc)).toBe(11);
      await server.stop();
    }
    expect(readdirSync(components[0]).sort()).toEqual(['model', 'transformation']);
  });

  it('with reload: follow swaps a new package in when the repository tells of it, and keeps the old one when it is not trusted', async () => {
    const { privateKey, file } = keyPair();
    await push('model', 'identity', encodeOnnxModel(identityModel('float32')));
    await push('transformation', 'offset', await offsetPackage(10), privateKey);
    const { server, grpc, http } = await start(offsetDocument({ reload: 'follow' }), { trustedKeys: [file] });
    expect(await answer(grpc)).toBe(11);
    await push('transformation', 'offset', await offsetPackage(20), privateKey);
    await eventually(async () => expect(await answer(grpc)).toBe(21));
    await push('transformation', 'offset', await offsetPackage(30));
    await eventually(async () => {
      const metrics = await (await fetch(`http://${http}/metrics`)).text();
      expect(metrics).toMatch(/inference_reloads_total\{pipeline="offset",outcome="refused"\} 1/);
    });
    expect(await answer(grpc)).toBe(21);
    await server.stop();
  });

  it('takes the newest version of a model where the document says latest', async () => {
    const bytes = await offsetPackage(10);
    await push('transformation', 'offset', bytes);
    const file = join(files, 'identity.onnx');
    writeFileSync(file, encodeOnnxModel(identityModel('float32')));
    for (const version of ['1.9.0', '1.10.0']) {
      await client.register({ kind: 'model', name: 'identity', version }, {});
      await client.upload({ kind: 'model', name: 'identity', version }, file, { fileName: 'identity.onnx' });
    }
    const components = temporaryFolder();
    const path = offsetDocument({ digest: `sha256:${sha256(bytes)}`, modelVersion: 'latest' });
    const { server } = await start(path, { components: [components] });
    await server.stop();
    expect(existsSync(join(components, 'model/identity/1.10.0/model.onnx'))).toBe(true);
    expect(readdirSync(join(components, 'model/identity'))).toEqual(['1.10.0']);
  });
});

/** Passes everything on to the repository, and changes the last byte of zips on their way. */
async function alteringProxy(target: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    void fetch(`${target}${incoming.url}`).then(async (response) => {
      const body = Buffer.from(await response.arrayBuffer());
      if (body.subarray(0, 2).toString('latin1') === 'PK') body[body.length - 1] ^= 1;
      outgoing.writeHead(response.status, {
        'content-type': response.headers.get('content-type') ?? 'text/plain',
      });
      outgoing.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
