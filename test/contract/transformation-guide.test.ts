import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { validatePipelines } from '../../runtime/cli/validate-pipelines';
import { toTensor } from '../../runtime/grpc/tensors/converters';
import { tensor } from '../../runtime/tensor/tensor';
import { ROOT } from '../fixtures/package';
import { encodeOnnxModel } from '../fixtures/models/onnx';
import { identityModel } from '../fixtures/models/tiny-models';
import { startServer } from '../fixtures/start-server';
import { StockClient, request } from '../fixtures/stock-client';
import { temporaryFolder } from '../fixtures/temporary-folder';

const guide = readFileSync(join(ROOT, 'docs/write-a-transformation.md'), 'utf8');

/** The first code block of a language. */
function block(language: string): string {
  const match = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(guide);
  if (match === null) throw new Error(`the guide has no ${language} block`);
  return match[1];
}

const options = (paths: string[], components: string[] = []) => ({
  paths,
  components,
  repository: undefined,
  trustedKeys: [],
});

describe('docs/write-a-transformation.md', () => {
  const folder = temporaryFolder({
    'pipeline.yaml': block('yaml'),
    'components/model/identity/1/identity.onnx': encodeOnnxModel(identityModel('float32', ['samples', 3])),
    'components/transformation/remove-mean/1.0.0/component.json': block('json'),
    'components/transformation/remove-mean/1.0.0/index.js': block('js'),
  });
  const path = join(folder, 'pipeline.yaml');

  it('leads to a pipeline that is valid', async () => {
    const told: string[] = [];
    await validatePipelines(options([path]), (line) => told.push(line));
    expect(told).toEqual([
      `${path}: ok: centred: signal float32 [samples, 3] → centred float32 [samples, 3]`,
    ]);
  });

  it('leads to a pipeline that serves', async () => {
    const { server, grpc } = await startServer([path]);
    const client = new StockClient(grpc);
    const signal = tensor('float32', [2, 3], Float32Array.of(1, 2, 3, 5, 2, -3));
    const { responses } = await client.call([request(1, { signal })]);
    const [[name, proto]] = responses[0].tensors;
    expect(name).toBe('centred');
    expect(toTensor(proto, name)).toEqual(tensor('float32', [2, 3], Float32Array.of(-2, 0, 3, 2, 0, -3)));
    client.close();
    await server.stop();
  });

  it('has a unit test that passes', () => {
    // Inside the package, so that its name is resolved as in a project that has it installed.
    const inside = join(ROOT, '.cache', `guide-${process.pid}`);
    const component = join(inside, 'components/transformation/remove-mean/1.0.0');
    mkdirSync(component, { recursive: true });
    try {
      writeFileSync(join(component, 'index.js'), block('js'));
      const [, , test] = guide.split(/^```js\n/m);
      writeFileSync(join(inside, 'remove-mean.test.js'), test.split(/^```$/m)[0]);
      const printed = execFileSync(process.execPath, ['--test', '--test-reporter', 'tap'], {
        cwd: inside,
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      });
      expect(printed).toMatch(/^# pass 2$/m);
    } finally {
      rmSync(inside, { recursive: true });
    }
  });

  it('names the problem when a parameter is not one of the component', async () => {
    const document = parse(block('yaml')) as { preprocessing: object[] };
    document.preprocessing = [{ use: 'remove-mean', axes: 0 }];
    const bad = temporaryFolder({ 'pipeline.json': JSON.stringify(document) });
    const components = [join(folder, 'components')];
    await expect(
      validatePipelines(options([join(bad, 'pipeline.json')], components), () => undefined),
    ).rejects.toThrow(/preprocessing\[0\].*"axes"/);
  });
});
