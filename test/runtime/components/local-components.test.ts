import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LocalComponents } from '../../../runtime/components/local-components';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const manifest = (fields: object): string =>
  JSON.stringify({ kind: 'transformation', version: '1.0.0', ...fields });

const folder = temporaryFolder({
  'model/bare/1/any.onnx': 'model bytes',
  'model/twice/1/a.onnx': '',
  'model/twice/1/b.onnx': '',
  'transformation/offset/1.9.0/component.json': manifest({
    name: 'offset',
    version: '1.9.0',
    entry: 'index.js',
  }),
  'transformation/offset/1.9.0/index.js': '',
  'transformation/offset/1.10.0/component.json': manifest({
    id: 'offset',
    version: '1.10.0',
    entry: 'index.js',
  }),
  'transformation/offset/1.10.0/index.js': '',
  'transformation/moved/1.0.0/component.json': manifest({ name: 'other', entry: 'index.js' }),
  'transformation/outside/1.0.0/component.json': manifest({ name: 'outside', entry: '../../x.js' }),
  'transformation/gone/1.0.0/component.json': manifest({ name: 'gone', entry: 'index.js' }),
  'transformation/broken/1.0.0/component.json': '{',
});
const components = new LocalComponents([join(folder, 'absent'), folder]);

describe('LocalComponents', () => {
  it('finds a bare model by name and version', async () => {
    const found = await components.find('model', { name: 'bare', version: '1' });
    expect(found.file).toBe(join(folder, 'model/bare/1/any.onnx'));
  });

  it('takes the newest version when none is asked for', async () => {
    expect((await components.find('transformation', { name: 'offset' })).version).toBe('1.10.0');
  });

  it('accepts only the digest that the document pins', async () => {
    const digest = `sha256:${createHash('sha256').update('model bytes').digest('hex')}`;
    await expect(components.find('model', { name: 'bare', version: '1', digest })).resolves.toBeDefined();
    const other = `sha256:${'0'.repeat(64)}`;
    await expect(components.find('model', { name: 'bare', version: '1', digest: other })).rejects.toThrow(
      `has digest ${digest}, the document allows only ${other}`,
    );
  });

  it.each([
    ['model', { name: 'bare', version: '2' }, 'its versions there are 1'],
    ['model', { name: 'nothing', version: '1' }, 'the models there are bare, twice'],
    ['model', { name: 'twice', version: '1' }, 'must hold one .onnx file, got a.onnx, b.onnx'],
    ['inferencer', { name: 'x' }, 'there is no inferencer'],
    [
      'transformation',
      { name: 'moved' },
      "says transformation 'other' 1.0.0, its folder transformation 'moved' 1.0.0",
    ],
    ['transformation', { name: 'outside' }, 'a file of the package is a path below its root, without ..'],
    ['transformation', { name: 'gone' }, "names 'index.js', which is not there"],
    ['transformation', { name: 'broken' }, 'is no JSON'],
  ] as const)('refuses %s %j with one sentence', async (kind, reference, message) => {
    await expect(components.find(kind, reference)).rejects.toThrow(message);
  });
});
