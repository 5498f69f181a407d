import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ComponentFolder } from '../../../constructs/pipeline/component-folder';
import { temporaryFolder } from '../../fixtures/temporary-folder';

describe('ComponentFolder', () => {
  const contents = (folder: string): Record<string, string> =>
    Object.fromEntries(
      new ComponentFolder(folder).files.map(({ path, content }) => [path, content.toString()]),
    );

  it('has the files that links lead to, in the folder and out of it', () => {
    const cache = temporaryFolder({ 'blobs/a': 'model', 'blobs/b': 'weights', 'more/c/d.txt': 'deep' });
    const folder = temporaryFolder({ 'model/m/1/shared.txt': 'shared' });
    const version = join(folder, 'model/m/1');
    symlinkSync(join(cache, 'blobs/a'), join(version, 'model.onnx'));
    symlinkSync(join(cache, 'blobs/b'), join(version, 'model.onnx.data'));
    symlinkSync('shared.txt', join(version, 'inside.txt'));
    symlinkSync(join(cache, 'more'), join(version, 'more'));
    expect(contents(folder)).toEqual({
      'model/m/1/inside.txt': 'shared',
      'model/m/1/model.onnx': 'model',
      'model/m/1/model.onnx.data': 'weights',
      'model/m/1/more/c/d.txt': 'deep',
      'model/m/1/shared.txt': 'shared',
    });
  });

  it('may be of links only, and be one', () => {
    const real = temporaryFolder({ 'v1/model.onnx': 'model' });
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'components/model/m'), { recursive: true });
    symlinkSync(join(real, 'v1'), join(folder, 'components/model/m/1'));
    symlinkSync(join(folder, 'components'), join(folder, 'linked'));
    const linked = new ComponentFolder(join(folder, 'linked'));
    expect(contents(join(folder, 'linked'))).toEqual({ 'model/m/1/model.onnx': 'model' });
    expect(linked.modelFile('m', '1')).toBe(join(folder, 'linked/model/m/1/model.onnx'));
  });

  it.each([
    ['nothing', 'nowhere'],
    ['itself', 'link'],
    ['a folder above', '..'],
    ['what is no file', '/dev/null'],
  ])('refuses a link to %s by its name', (_, target) => {
    const folder = temporaryFolder({ 'model/m/1/model.onnx': 'model' });
    symlinkSync(target, join(folder, 'model/m/1/link'));
    expect(() => new ComponentFolder(folder)).toThrow(/model\/m\/1\/link/);
  });
});
