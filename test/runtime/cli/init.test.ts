import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePipeline, parseDocument, readDocument } from '../../../runtime/definition';
import { doublingModel } from '../../fixtures/onnx-models';
import { runMis } from '../../fixtures/run-mis';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const mis = (...args: string[]) => runMis(args);

describe('mis init', () => {
  it('writes a commented document that serves the model, and the model beside it', async () => {
    const folder = temporaryFolder({ 'My Model_v2.onnx': doublingModel() });
    const { code, stdout } = await mis('init', join(folder, 'My Model_v2.onnx'), '--output', folder);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`next: mis serve ${folder}`) as string]);
    const text = readFileSync(join(folder, 'pipeline.yaml'), 'utf8');
    expect(parseDocument(text)).toMatchObject({
      name: 'my-model-v2',
      input: { x: { dtype: 'float32', shape: ['batch', 3] } },
      model: { name: 'my-model-v2', version: '1.0.0' },
    });
    expect(text).toContain('#  y: { dtype: float32, shape: [batch, 3] }');
    expect(text.split('\n').filter((line) => line.startsWith('# ')).length).toBeGreaterThan(7);
    expect(existsSync(join(folder, 'components/model/my-model-v2/1.0.0/My Model_v2.onnx'))).toBe(true);
    // what the file says of the output is right here: as a promise it holds
    const promised = text.replace('# output:', 'output:').replace('#  y:', '  y:');
    expect(() => definePipeline(parseDocument(promised) as never)).not.toThrow();
    expect((await mis('validate', folder)).stdout).toContain('ok: my-model-v2: x float32 [batch, 3]');
  });

  it('never writes over a document', async () => {
    const folder = temporaryFolder({ 'm.onnx': doublingModel(), 'pipeline.yaml': 'mine' });
    expect(await mis('init', join(folder, 'm.onnx'), '--output', folder)).toMatchObject({
      code: 2,
      stderr: `mis: ${join(folder, 'pipeline.yaml')} is there already, and is not written over\n`,
    });
    expect(readFileSync(join(folder, 'pipeline.yaml'), 'utf8')).toBe('mine');
  });

  it.each([
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\n', 'run git lfs pull'],
    ['a page', '<!DOCTYPE html>', 'it is an HTML page'],
  ])('calls %s what it is, as serving and validating do', async (_, content, message) => {
    const folder = temporaryFolder({ 'm.onnx': content });
    for (const command of ['init', 'validate']) {
      const { code, stderr } = await mis(command, join(folder, 'm.onnx'));
      expect([code, stderr]).toEqual([1, expect.stringContaining(message) as string]);
    }
  });
});

describe('a model in place of a document', () => {
  it('has the document that its file says', () => {
    const folder = temporaryFolder({ 'm.onnx': doublingModel() });
    const { document, from } = readDocument(join(folder, 'm.onnx'));
    expect([from, document.name]).toEqual(['model', 'm']);
    expect(document.input).toEqual({ x: { dtype: 'float32', shape: ['batch', 3] } });
  });

  it('passes the check, components or not', async () => {
    const folder = temporaryFolder({ '3D.ONNX': doublingModel() });
    expect((await mis('validate', join(folder, '3D.ONNX'))).stdout).toContain('ok: 3d: x float32 [batch, 3]');
  });
});

describe('a folder in place of a document', () => {
  it('is its pipeline.yaml, with the components beside it', async () => {
    const folder = temporaryFolder({ 'm.onnx': doublingModel() });
    await mis('init', join(folder, 'm.onnx'), '--output', folder);
    expect(readDocument(folder)).toEqual(readDocument(join(folder, 'pipeline.yaml')));
    writeFileSync(join(folder, 'pipeline.json'), '{}');
    expect(() => readDocument(folder)).toThrow(
      'holds pipeline.yaml and pipeline.json: name the one that is meant',
    );
  });
});
