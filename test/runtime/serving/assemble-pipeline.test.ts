import { assemblePipeline } from '../../../runtime/serving/assemble-pipeline';
import { partsOf } from '../../fixtures/pipelines';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';

const component = (version: string): Record<string, string> => ({
  [`components/transformation/offset/${version}/component.json`]: JSON.stringify({
    kind: 'transformation',
    name: 'offset',
    version,
    entry: 'index.js',
  }),
  [`components/transformation/offset/${version}/index.js`]: `
    module.exports = ({ defineTransformation, z }) => defineTransformation({
      name: 'offset', description: '', parameters: z.strictObject({}), format: (x) => x, apply: (x) => x });`,
});

function pipelineOf(...preprocessing: { use: string; version?: string }[]): string {
  const input = { x: { dtype: 'float32' as const, shape: [1, 2] } };
  const files = { ...component('1'), ...component('2') };
  return pipelineFolder(identityModel('float32'), { name: 'tested', input, preprocessing }, files);
}

describe('assemblePipeline', () => {
  it('takes a component that several steps use', async () => {
    const path = pipelineOf(
      { use: 'offset', version: '1' },
      { use: 'offset' },
      { use: 'offset', version: '1' },
    );
    const { plan, host } = await assemblePipeline(path, { components: [] });
    await host?.close();
    expect(partsOf(plan).before).toHaveLength(3);
  });

  it('refuses two versions of one component in one pipeline', async () => {
    const path = pipelineOf({ use: 'offset', version: '1' }, { use: 'offset', version: '2' });
    await expect(assemblePipeline(path, { components: [] })).rejects.toThrow(
      "preprocessing[1].use: uses another version or digest of 'offset' than the step before (1)",
    );
  });

  it('says what a misspelt step may have meant before it lists everything', async () => {
    await expect(assemblePipeline(pipelineOf({ use: 'scael' }), { components: [] })).rejects.toThrow(
      /preprocessing\[0\]\.use: there is no transformation 'scael'; did you mean "scale"\? transformation 'scael' not found in .*, nor is it a built-in \(/,
    );
  });

  it('does not offer a component that cannot be used under its own name', async () => {
    const input = { x: { dtype: 'float32' as const, shape: [1, 2] } };
    const document = { name: 'tested', input, preprocessing: [{ use: 'ofset' }] };
    const broken = { 'components/transformation/ofset/1/index.js': '' };
    const path = pipelineFolder(identityModel('float32'), document, { ...component('1'), ...broken });
    const problems = assemblePipeline(path, { components: [] });
    await expect(problems).rejects.toThrow('ofset/1 has no component.json, which names the entry file');
    await expect(problems).rejects.not.toThrow(/did you mean|nor is it a built-in/);
  });
});
