import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxInspector } from '../../../repository/packages/onnx-inspector';
import { PackageInspector } from '../../../repository/packages/package-inspector';
import { type ComponentKey } from '../../../contracts/repository/component-key';
import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { addInitializer, extendModel } from '../../fixtures/models/extend-model';
import { killsAtLoadModel } from '../../fixtures/models/dangerous-models';
import { doublingModel } from '../../fixtures/onnx-models';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { zipOf } from '../../fixtures/zip';

const LIMITS = { maxEntries: 20, maxUnpackedBytes: 64 * 2 ** 20, maxRatio: 100 };
const MODEL: ComponentKey = { kind: 'model', name: 'double', version: '1.0.0' };
const STEP: ComponentKey = { kind: 'transformation', name: 'scale', version: '' };
const FORMATS = {
  inputs: { x: { dtype: 'float32', shape: ['batch', 3] } },
  outputs: { y: { dtype: 'float32', shape: ['batch', 3] } },
};
const manifestOf = (fields: object) =>
  JSON.stringify({ kind: 'model', name: 'double', version: '1.0.0', ...fields });
const stepManifest = (fields: object = {}) =>
  JSON.stringify({ kind: 'transformation', id: 'scale', version: '2.0.0', entry: 'index.js', ...fields });

const folder = temporaryFolder();
const onnx = new OnnxInspector({
  execArgv: ['--require', join(__dirname, '..', '..', 'read-typescript.js')],
  timeoutMs: 20_000,
});
const lenient = new PackageInspector(onnx, LIMITS, false);
const strict = new PackageInspector(onnx, LIMITS, true);
let count = 0;

function inspect(key: ComponentKey, bytes: Uint8Array, fileName: string | null, inspector = lenient) {
  const path = join(folder, `package-${count++}`);
  writeFileSync(path, bytes);
  return inspector.inspect({ key, path, fileName });
}

afterAll(() => onnx.close());

describe('a model', () => {
  it('that is an .onnx file has its formats recorded', async () => {
    const description = await inspect(MODEL, doublingModel(), 'double.onnx');
    expect(description).toEqual({ opaque: false, version: null, formats: FORMATS, manifest: null });
  });

  it('has its optional inputs recorded apart', async () => {
    const graph = new OnnxGraph('scaling');
    graph.input('x', 'float32', ['batch', 3]);
    graph.input('k', 'float32', [1]);
    graph.output(graph.node('Mul', ['x', 'k'], { name: 'y' }), 'float32', ['batch', 3]);
    const bytes = extendModel(encodeOnnxModel(graph), (extra) => addInitializer(extra, 'k', [2]));
    expect((await inspect(MODEL, bytes, 'scaling.onnx')).formats).toEqual({
      ...FORMATS,
      optional_inputs: { k: { dtype: 'float32', shape: [1] } },
    });
  });

  it('is recognized without its name', async () => {
    expect(await inspect(MODEL, doublingModel(), null, strict)).toMatchObject({
      opaque: false,
      formats: FORMATS,
    });
  });

  it('in a zip with component.json has formats, version and manifest recorded', async () => {
    const zip = await zipOf({ 'component.json': manifestOf({}), 'double.onnx': doublingModel() });
    const description = await inspect(MODEL, zip, 'double.zip', strict);
    expect(description).toMatchObject({ opaque: false, version: '1.0.0', formats: FORMATS });
    expect(description.manifest).toMatchObject({ kind: 'model', name: 'double' });
  });

  it('may name its file in component.json', async () => {
    const zip = await zipOf({
      'component.json': manifestOf({ file: 'models/b.onnx' }),
      'a.onnx': 'not this one',
      'models/b.onnx': doublingModel(),
    });
    expect(await inspect(MODEL, zip, null)).toMatchObject({ formats: FORMATS });
  });

  it.each([
    ['no model at all', Buffer.from('hello')],
    ['half a model', doublingModel().subarray(0, 40)],
    [
      'a model with an unknown operator',
      Buffer.from(doublingModel()).map((byte) => (byte === 0x41 ? 0x42 : byte)),
    ],
  ])('called .onnx that is %s is refused', async (_, bytes) => {
    const refused = inspect(MODEL, bytes, 'double.onnx');
    await expect(refused).rejects.toMatchObject({ code: 'PACKAGE_REFUSED' });
    await expect(refused).rejects.toThrow(/^the package is no ONNX model that can be opened: \S/);
    await expect(refused).rejects.not.toThrow(folder);
  });

  it.each([
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), 'git lfs pull'],
    ['a page', Buffer.from('<!DOCTYPE html>'), 'it is an HTML page'],
  ])('called .onnx that is %s is called what it is', async (_, bytes, message) => {
    await expect(inspect(MODEL, bytes, 'double.onnx')).rejects.toThrow(message);
  });

  it('called .onnx that is a zip without a manifest is refused', async () => {
    const zip = await zipOf({ 'model.onnx': doublingModel() });
    await expect(inspect(MODEL, zip, 'double.onnx')).rejects.toThrow(
      'the package is a zip without component.json, and no ONNX model as its name double.onnx says',
    );
  });

  it('that ends the process of every server that loads it is refused', async () => {
    const refused = inspect(MODEL, encodeOnnxModel(killsAtLoadModel()), 'model.onnx');
    await expect(refused).rejects.toThrow('opening it ended the process that tried');
    expect(await inspect(MODEL, doublingModel(), 'double.onnx')).toMatchObject({ formats: FORMATS });
  });

  it('that cannot be opened in a zip is refused', async () => {
    const zip = await zipOf({ 'component.json': manifestOf({}), 'double.onnx': 'hello' });
    await expect(inspect(MODEL, zip, null)).rejects.toThrow('is no ONNX model');
  });

  it('must be one file in its zip, or be named', async () => {
    const none = await zipOf({ 'component.json': manifestOf({}) });
    await expect(inspect(MODEL, none, null)).rejects.toThrow('hold one .onnx file, got 0');
    const lost = await zipOf({ 'component.json': manifestOf({ file: 'x.onnx' }) });
    await expect(inspect(MODEL, lost, null)).rejects.toThrow(
      'names x.onnx as "file" in component.json, which is not in it',
    );
  });

  it('of another runtime is opaque, and refused when only understood packages are taken', async () => {
    for (const bytes of [Buffer.from('\x80\x04pickle', 'latin1'), await zipOf({ 'model/data.pkl': 'x' })]) {
      expect(await inspect(MODEL, bytes, 'model.pt')).toMatchObject({ opaque: true, formats: null });
      const refused = inspect(MODEL, bytes, 'model.pt', strict);
      await expect(refused).rejects.toThrow('is of another runtime, and this repository takes only packages');
    }
  });

  it('whose bytes only begin like one is opaque', async () => {
    expect(await inspect(MODEL, Buffer.from([0x08, 0x07, 1, 2, 3]), 'weights')).toMatchObject({
      opaque: true,
    });
  });
});

describe('code', () => {
  it('has its manifest recorded, with what it says of its formats', async () => {
    const format = { input: { dtype: 'int16' }, output: { dtype: 'float32', unit: 'millig' } };
    const zip = await zipOf({
      'component.json': stepManifest({ format }),
      'index.js': 'module.exports = {}',
    });
    const description = await inspect(STEP, zip, 'scale.zip', strict);
    expect(description).toMatchObject({
      opaque: false,
      version: '2.0.0',
      formats: null,
      manifest: { format },
    });
  });

  it('must bring the file that it names as its entry', async () => {
    const zip = await zipOf({ 'component.json': stepManifest(), 'main.js': '' });
    await expect(inspect(STEP, zip, null)).rejects.toThrow('names index.js as "entry"');
  });

  it.each([
    ['names no entry', { entry: undefined }, 'entry'],
    ['has an unknown field', { entrypoint: 'x.js' }, 'entrypoint'],
    ['leads outside', { entry: '../index.js' }, 'entry'],
    ['has no version', { version: undefined }, 'version'],
    ['is of a kind that is not known', { kind: 'macro' }, 'kind'],
  ])('whose component.json %s is refused', async (_, fields, word) => {
    const zip = await zipOf({ 'component.json': stepManifest(fields), 'index.js': '' });
    const refused = inspect(STEP, zip, null);
    await expect(refused).rejects.toThrow('has a component.json that does not fit its schema');
    await expect(refused).rejects.toThrow(word);
  });

  it('may have a byte order mark in its component.json', async () => {
    const zip = await zipOf({ 'component.json': `\uFEFF${stepManifest()}`, 'index.js': '' });
    expect(await inspect(STEP, zip, null)).toMatchObject({ opaque: false, version: '2.0.0' });
  });

  it('with a file and a folder of one name is refused', async () => {
    const zip = await zipOf({ 'component.json': stepManifest(), aa: 'x', 'bb/c': 'y' });
    const bytes = Buffer.from(zip.toString('latin1').replaceAll('bb/c', 'aa/c'), 'latin1');
    await expect(inspect(STEP, bytes, null)).rejects.toMatchObject({
      code: 'PACKAGE_REFUSED',
      message: 'the package has aa as a file and as a folder',
    });
  });

  it('whose component.json is no JSON is refused', async () => {
    const zip = await zipOf({ 'component.json': '{', 'index.js': '' });
    await expect(inspect(STEP, zip, null)).rejects.toThrow('has a component.json that is no JSON');
  });

  it('that says it is another component is refused', async () => {
    const zip = await zipOf({ 'component.json': stepManifest({ id: 'other' }), 'index.js': '' });
    const refused = inspect(STEP, zip, null);
    await expect(refused).rejects.toMatchObject({ code: 'NAME_MISMATCH' });
    await expect(refused).rejects.toThrow('the package says it is transformation other 2.0.0');
    const version = await zipOf({
      'component.json': manifestOf({ version: '2.0.0' }),
      'x.onnx': doublingModel(),
    });
    await expect(inspect(MODEL, version, null)).rejects.toMatchObject({ code: 'NAME_MISMATCH' });
  });
});

describe('the process that opens models', () => {
  it('is given up and replaced when a model takes too long', async () => {
    const impatient = new OnnxInspector({
      execArgv: ['--require', join(__dirname, '..', '..', 'read-typescript.js')],
      timeoutMs: 1,
    });
    const path = join(folder, 'slow.onnx');
    writeFileSync(path, doublingModel());
    await expect(impatient.formats(path)).rejects.toThrow('it was not open after 1 ms');
    impatient.close();
  });

  it('opens several models one after the other', async () => {
    const columns = [1, 2, 3, 4, 5];
    const all = await Promise.all(columns.map((count) => inspect(MODEL, doublingModel(count), 'm.onnx')));
    expect(all.map(({ formats }) => formats?.inputs.x?.shape?.[1])).toEqual(columns);
  });
});
