import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { requireRight } from '../../runtime/access/caller';
import { readContext } from '../../runtime/serving/request-context';
import { tensor } from '../../runtime/tensor/tensor';
import { identityModel } from '../fixtures/models/tiny-models';
import { openHost } from '../fixtures/open-host';
import { pipelineFolder } from '../fixtures/pipeline-folder';

const guide = readFileSync(join(__dirname, '../../docs/develop/front-door.md'), 'utf8');
const [call = '', conversion = ''] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);

describe('docs/develop/front-door.md', () => {
  it('has an example that answers a request', async () => {
    const source = `const door = async (host, header, message, signal, caller) => { ${conversion} ${call} return response; };`;
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022 },
    });
    const door = runInNewContext(`${outputText}; door`, { tensor, requireRight, readContext }) as (
      ...given: unknown[]
    ) => Promise<unknown>;

    const document = { name: 'echo', input: { x: { dtype: 'float32' as const, shape: ['n', 2] } } };
    const host = await openHost(pipelineFolder(identityModel('float32'), document));
    await host.start();
    const { signal } = new AbortController();
    const message = { id: 'e-1', values: Float32Array.of(1.5, 2.5) };
    const header = (name: string) => (name === 'x-pipeline' ? 'echo' : undefined);
    expect(await door(host, header, message, signal, { name: 'ci', pipelines: ['*'] })).toEqual(message);
    await expect(door(host, header, message, signal, { name: 'ci', pipelines: [] })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    await host.close();
  });
});
