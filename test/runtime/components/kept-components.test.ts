import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ComponentFetcher } from '../../../runtime/components/component-fetcher';
import { ComponentSource } from '../../../runtime/components/component-source';
import { type ComponentReference } from '../../../runtime/components/local-components';
import { RepositoryClient } from '../../../runtime/components/repository-client';
import { TrustedKeys } from '../../../runtime/components/trust/verify';
import { recordingLog } from '../../fixtures/recording-log';
import { startRepository, type TestRepository } from '../../fixtures/repository';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { zipOf } from '../../fixtures/zip';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { identityModel } from '../../fixtures/models/tiny-models';

const digestOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const files = temporaryFolder();

const code = (by: number): Promise<Buffer> =>
  zipOf({
    'component.json': '{"kind":"transformation","name":"step","version":"1.0.0","entry":"index.js"}',
    'index.js': `module.exports = ${by};`,
    'lib/part.js': '// a part',
  });
const modelZip = (weights: string): Promise<Buffer> =>
  zipOf({
    'component.json': '{"kind":"model","name":"zipped","version":"1","file":"m.onnx"}',
    'm.onnx': encodeOnnxModel(identityModel('float32')),
    'weights/m.data': weights,
  });

let repository: TestRepository;
let client: RepositoryClient;
beforeAll(async () => {
  repository = await startRepository();
  client = new RepositoryClient(repository.url, { firstWaitMs: 1 });
});
afterAll(() => repository.stop());

async function push(kind: 'model' | 'transformation', name: string, bytes: Uint8Array, version = '1') {
  const file = join(files, `${name}.bin`);
  writeFileSync(file, bytes);
  const reference = { kind, name, version: kind === 'model' ? version : undefined };
  await client.register(reference, {});
  await client.upload(reference, file, { fileName: file });
  return `sha256:${digestOf(bytes)}`;
}

function sourceIn(directory: string, repositoryClient = client) {
  const { log, of } = recordingLog();
  const fetcher = new ComponentFetcher(repositoryClient, directory, log);
  const source = new ComponentSource({ directories: [], fetcher, trustedKeys: new TrustedKeys([]) });
  return { source, of, fetcher };
}

const AWAY = new RepositoryClient('http://127.0.0.1:9', { attempts: 1 });

describe('a component that was fetched once', () => {
  interface Case {
    readonly kind: 'model' | 'transformation';
    readonly reference: Required<ComponentReference>;
  }
  const cases: Record<string, Case> = {};
  beforeAll(async () => {
    const bare = await push('model', 'bare', encodeOnnxModel(identityModel('float32')));
    const zipped = await push('model', 'zipped', await modelZip('the weights'));
    const step = await push('transformation', 'step', await code(1));
    cases.bare = { kind: 'model', reference: { name: 'bare', version: '1', digest: bare } };
    cases.zipped = { kind: 'model', reference: { name: 'zipped', version: '1', digest: zipped } };
    cases.step = { kind: 'transformation', reference: { name: 'step', version: '1.0.0', digest: step } };
  });

  it.each([
    [
      'bare',
      'its model has another byte',
      (folder: string) => appendFileSync(join(folder, 'model.onnx'), 'x'),
    ],
    ['bare', 'its model is empty', (folder: string) => truncateSync(join(folder, 'model.onnx'))],
    ['bare', 'its model is gone', (folder: string) => rmSync(join(folder, 'model.onnx'))],
    [
      'bare',
      'another model lies beside it',
      (folder: string) => cpSync(join(folder, 'model.onnx'), join(folder, 'b.onnx')),
    ],
    ['bare', 'its record is empty', (folder: string) => truncateSync(join(folder, '.package.json'))],
    [
      'bare',
      'its record names another digest',
      (folder: string) => {
        const record = join(folder, '.package.json');
        writeFileSync(
          record,
          readFileSync(record, 'utf8').replace(/"sha256":"\w+"/, `"sha256":"${'0'.repeat(64)}"`),
        );
      },
    ],
    [
      'bare',
      'its folder is empty',
      (folder: string) => readdirSync(folder).forEach((name) => rmSync(join(folder, name))),
    ],
    [
      'zipped',
      'its external data were replaced',
      (folder: string) => writeFileSync(join(folder, 'weights/m.data'), 'the weightz'),
    ],
    [
      'zipped',
      'its external data are gone',
      (folder: string) => rmSync(join(folder, 'weights'), { recursive: true }),
    ],
    [
      'zipped',
      'its component.json was changed',
      (folder: string) => appendFileSync(join(folder, 'component.json'), ' '),
    ],
    [
      'zipped',
      'its record does not say the digests of its files',
      (folder: string) => {
        const record = join(folder, '.package.json');
        const { files: _, ...rest } = JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>;
        writeFileSync(record, JSON.stringify(rest));
      },
    ],
    [
      'step',
      'its code was changed',
      (folder: string) => writeFileSync(join(folder, 'index.js'), 'module.exports = 2;'),
    ],
    [
      'step',
      'its code and the digests in its record were changed',
      (folder: string) => {
        writeFileSync(join(folder, 'index.js'), 'module.exports = 2;');
        const record = join(folder, '.package.json');
        const text = readFileSync(record, 'utf8');
        writeFileSync(
          record,
          text.replaceAll(digestOf('module.exports = 1;'), digestOf('module.exports = 2;')),
        );
      },
    ],
    [
      'step',
      'a part of its code is a link to another',
      (folder: string) => {
        rmSync(join(folder, 'lib/part.js'));
        symlinkSync('../index.js', join(folder, 'lib/part.js'));
      },
    ],
    ['step', 'a file was added to its code', (folder: string) => writeFileSync(join(folder, 'lib.js'), '')],
    ['step', 'its kept package is gone', (folder: string) => rmSync(join(folder, '.package.zip'))],
    [
      'step',
      'its kept package was changed',
      (folder: string) => appendFileSync(join(folder, '.package.zip'), 'x'),
    ],
  ])('(%s) is fetched again when %s, and refused while the repository is away', async (name, _, damage) => {
    const { kind, reference } = cases[name];
    const directory = temporaryFolder();
    const { source } = sourceIn(directory);
    const { directory: folder } = await source.find(kind, reference);
    const whole = temporaryFolder();
    cpSync(folder, whole, { recursive: true });
    const paths = (root: string) => readdirSync(root, { recursive: true }).map(String).sort();

    damage(folder);
    await expect(sourceIn(directory, AWAY).source.find(kind, reference)).rejects.toThrow(/cannot be reached/);
    await source.find(kind, reference);
    expect(paths(folder)).toEqual(paths(whole));
    for (const path of paths(whole).filter((each) => /\.\w+$/.test(each) && each !== '.package.json')) {
      expect(readFileSync(join(folder, path)).equals(readFileSync(join(whole, path)))).toBe(true);
    }
    expect(readdirSync(directory)).toEqual([kind]);
    await expect(sourceIn(directory, AWAY).source.find(kind, reference)).resolves.toMatchObject({
      directory: folder,
    });
  });

  it('is fetched again when the document pins another package than is kept', async () => {
    const directory = temporaryFolder();
    const first = await push('transformation', 'moving', await renamed('moving', 1));
    const { source } = sourceIn(directory);
    await source.find('transformation', { name: 'moving', digest: first });
    const second = await push('transformation', 'moving', await renamed('moving', 2));
    const found = await source.find('transformation', { name: 'moving', digest: second });
    expect(readFileSync(found.file, 'utf8')).toBe('module.exports = 2;');
    await expect(source.find('transformation', { name: 'moving', digest: first })).rejects.toThrow(
      `the document allows only ${first}`,
    );
  });

  it('is refused with what was expected', async () => {
    const directory = temporaryFolder();
    const { kind, reference } = cases.bare;
    const { directory: folder } = await sourceIn(directory).source.find(kind, reference);
    appendFileSync(join(folder, 'model.onnx'), 'x');
    await expect(sourceIn(directory, AWAY).source.find(kind, reference)).rejects.toThrow(
      /is not what was fetched: model\.onnx has sha256:\w{64}, the package has sha256:\w{64}; repository/,
    );
  });
});

async function renamed(name: string, by: number): Promise<Buffer> {
  return zipOf({
    'component.json': `{"kind":"transformation","name":"${name}","version":"1.0.0","entry":"index.js"}`,
    'index.js': `module.exports = ${by};`,
  });
}

describe('the newest version', () => {
  it('is a release, whatever else there is', async () => {
    for (const version of ['1.9.0', '1.10.0', '2.0.0-beta.1', '2.0.0', '2.1.0-rc.1', 'test', '2024-05-01']) {
      await push('model', 'versions', encodeOnnxModel(identityModel('float32')), version);
    }
    const directory = temporaryFolder();
    const reference = { name: 'versions', version: 'latest' };
    expect((await sourceIn(directory).source.find('model', reference)).version).toBe('2.0.0');
    const rc = { name: 'versions', version: '2.1.0-rc.1' };
    expect((await sourceIn(directory).source.find('model', rc)).version).toBe('2.1.0-rc.1');
    // Of what is kept while the repository is away, too.
    expect((await sourceIn(directory, AWAY).source.find('model', reference)).version).toBe('2.0.0');
  });

  it('is refused where there are prereleases only', async () => {
    for (const version of ['1.0.0-rc.1', '1.0.0-rc.2']) {
      await push('model', 'candidates', encodeOnnxModel(identityModel('float32')), version);
    }
    const reference = { name: 'candidates', version: 'latest' };
    await expect(sourceIn(temporaryFolder()).source.find('model', reference)).rejects.toThrow(
      /has no release, and a prerelease is taken only by name: 1\.0\.0-rc\.1, 1\.0\.0-rc\.2/,
    );
  });
});

describe('a component that was put there by hand', () => {
  const folderWith = (more: Record<string, string>) =>
    temporaryFolder({ 'model/m/1/model.onnx': 'the model', ...more });
  const find = (directory: string, digest?: string, kind: 'model' | 'transformation' = 'model') =>
    new ComponentSource({ directories: [directory], trustedKeys: new TrustedKeys([]) }).find(kind, {
      name: 'm',
      version: '1',
      digest,
    });
  const pinned = async (directory: string, kind: 'model' | 'transformation' = 'model'): Promise<string> => {
    const error = await find(directory, `sha256:${'0'.repeat(64)}`, kind).catch((reason: Error) => reason);
    return /has digest (sha256:\w{64})/.exec((error as Error).message)?.[1] ?? 'none';
  };

  it('is pinned by the digest of its model file where that is all', async () => {
    const directory = folderWith({ 'model/m/1/component.json': '{"kind":"model","name":"m","version":"1"}' });
    await expect(find(directory, `sha256:${digestOf('the model')}`)).resolves.toBeDefined();
  });

  it('is pinned with its external data, by the digest that the refusal says', async () => {
    const directory = folderWith({ 'model/m/1/model.onnx.data': 'weights', 'model/m/1/.DS_Store': 'hidden' });
    await expect(find(directory, `sha256:${digestOf('the model')}`)).rejects.toThrow(
      /\(over all its files: model\.onnx, model\.onnx\.data\), the document allows only/,
    );
    const digest = await pinned(directory);
    await expect(find(directory, digest)).resolves.toBeDefined();
    writeFileSync(join(directory, 'model/m/1/model.onnx.data'), 'weightz');
    await expect(find(directory, digest)).rejects.toThrow('the document allows only');
  });

  it('is pinned with what its links lead to', async () => {
    const cache = temporaryFolder({ blob: 'weights', 'folder/more.data': 'more' });
    const directory = folderWith({});
    symlinkSync(join(cache, 'blob'), join(directory, 'model/m/1/model.onnx.data'));
    symlinkSync(join(cache, 'folder'), join(directory, 'model/m/1/folder'));
    symlinkSync('..', join(directory, 'model/m/1/loop'));
    const digest = await pinned(directory);
    await expect(find(directory, digest)).resolves.toBeDefined();
    for (const [file, content] of [
      ['blob', 'weightz'],
      ['folder/more.data', 'less'],
    ]) {
      const before = readFileSync(join(cache, file));
      writeFileSync(join(cache, file), content);
      await expect(find(directory, digest)).rejects.toThrow('the document allows only');
      writeFileSync(join(cache, file), before);
    }
  });

  it('is code that can be pinned, too', async () => {
    const directory = temporaryFolder({
      'transformation/m/1/component.json':
        '{"kind":"transformation","name":"m","version":"1","entry":"index.js"}',
      'transformation/m/1/index.js': '1',
      'transformation/m/1/lib/a.js': '2',
    });
    const digest = await pinned(directory, 'transformation');
    await expect(find(directory, digest, 'transformation')).resolves.toBeDefined();
    writeFileSync(join(directory, 'transformation/m/1/lib/a.js'), '3');
    await expect(find(directory, digest, 'transformation')).rejects.toThrow('the document allows only');
  });

  it('may be a link itself, and so may its folders', async () => {
    const elsewhere = temporaryFolder({ 'blobs/abc': 'the model' });
    mkdirSync(join(elsewhere, 'snapshots/1'), { recursive: true });
    symlinkSync('../../blobs/abc', join(elsewhere, 'snapshots/1/model.onnx'));
    const directory = temporaryFolder({ 'model/.keep': '' });
    symlinkSync(join(elsewhere, 'snapshots'), join(directory, 'model/m'));
    const found = await find(directory, `sha256:${digestOf('the model')}`);
    expect(existsSync(found.file)).toBe(true);
  });
});
