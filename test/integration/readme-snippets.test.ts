import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from '@swc/core';
import { ROOT } from '../fixtures/package';
import { compileProtos } from '../fixtures/python';
import { FALL_DETECTION, startServer, type StartedServer } from '../fixtures/start-server';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { itWith } from '../fixtures/tools';

const run = promisify(execFile);

describe('the README', () => {
  let started: StartedServer;
  beforeAll(async () => {
    started = await startServer([FALL_DETECTION]);
  });
  afterAll(() => started.server.stop());

  function snippet(language: string): string {
    const match = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(
      readFileSync(join(ROOT, 'README.md'), 'utf8'),
    );
    return (match?.[1] ?? '').replaceAll('localhost:50051', started.grpc);
  }

  it('has a TypeScript client that gets an answer', async () => {
    const { code } = transformSync(`(async () => {${snippet('ts').replace(/^import .*$/gm, '')}})();`, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      isModule: false,
    });
    const imports = [...snippet('ts').matchAll(/^import (\{.*\}) from '(.*)';$/gm)].map(
      ([, names, module]) => `const ${names} = require('${module}');`,
    );
    // Inside the package, so that its name is resolved as in a project that has it installed.
    const folder = join(ROOT, '.cache', `snippet-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'client.cjs'), [...imports, code].join('\n'));
    try {
      const { stdout } = await run(process.execPath, [join(folder, 'client.cjs')], { timeout: 20_000 });
      expect(Number(stdout)).toBeCloseTo(0.96048, 5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  itWith('Python with grpcio', 'has a Python client that gets an answer', async (python) => {
    const generated = temporaryFolder();
    compileProtos(python, generated);
    const env = { ...process.env, PYTHONPATH: [generated, join(ROOT, 'clients/python')].join(delimiter) };
    const { stdout } = await run(python, ['-c', snippet('python')], { env, timeout: 20_000 });
    const [id, confidence] = stdout.split(' ').map(Number);
    expect(id).toBe(1);
    expect(confidence).toBeCloseTo(0.96048, 5);
  });
});
