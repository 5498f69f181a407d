import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { App, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import ts from 'typescript';
import * as everything from '../../constructs';

const ROOT = join(__dirname, '../..');
const PACKAGE = 'modular-inference-stack/constructs';

interface Example {
  readonly title: string;
  readonly code: string;
}

/** Whole programs of the documentation. */
function documented(): Example[] {
  const text = readFileSync(join(ROOT, 'docs/constructs.md'), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], index) => ({
    title: `docs/constructs.md, program ${index + 1}`,
    code,
  }));
}

/** What the docstrings of the constructs show, each with what it takes for granted before it. */
function inDocstrings(): Example[] {
  const files = readdirSync(join(ROOT, 'constructs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, 'constructs', file), 'utf8');
    return [...text.matchAll(/ \* @example\n((?:\s+\* ?.*\n)*?)\s+\*\//g)].map(([, block = ''], index) => ({
      title: `constructs/${file}, example ${index + 1}`,
      code: PRELUDE + '{\n' + block.replaceAll(/^\s+\* ?/gm, '') + '\n}\nTesting.synth(chart);\n',
    }));
  });
}

/** The names that examples use without making them. */
const PRELUDE = `
import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as everything from '${PACKAGE}';
import { fallDetection } from 'modular-inference-stack/stacks';
const { ${[
  'BenchmarkJob',
  'BenchmarkResults',
  'BenchmarkTarget',
  'ClusterNetwork',
  'ComponentRepository',
  'ComposeProject',
  'DcgmExporter',
  'EmbeddedStore',
  'EnvoyLoadBalancer',
  'Gpu',
  'GpuDevicePlugin',
  'GpuOperatorSharing',
  'GpuSharing',
  'GrpcRoute',
  'Images',
  'IpFamilies',
  'InferencePipeline',
  'InferenceServer',
  'ListenerTls',
  'MongoDb',
  'Monitoring',
  'NodeExporter',
  'NodePool',
  'NvidiaRuntimeClass',
  'ObjectMetadata',
  'PodDefaults',
  'PodSecurity',
  'PodVolume',
  'Prometheus',
  'Replicas',
  'Resources',
  'ScalingSignal',
  'SecretKey',
  'StackNamespace',
].join(', ')} } = everything;
const app = new App();
const chart = new Chart(new App(), 'example');
const ml = new StackNamespace(chart, 'given');
const agents = new StackNamespace(chart, 'agents', { podSecurity: PodSecurity.PRIVILEGED });
const repository = new ComponentRepository(ml, 'given-repository', { store: EmbeddedStore.onClaim() });
const pipelines = [fallDetection];
const server = new InferenceServer(ml, 'given-server', { pipelines, repository });
const edge = new EnvoyLoadBalancer(ml, 'given-edge', { backend: server });
void [Duration, Size, Cpu, agents, edge, app];
`;

const examples = [...documented(), ...inDocstrings()];
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: ts.CompilerOptions = {
  ...ts.convertCompilerOptionsFromJson(
    (JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as { compilerOptions: object })
      .compilerOptions,
    ROOT,
  ).options,
  // A team's own project looks at what it uses; examples only show.
  noUnusedLocals: false,
  noUnusedParameters: false,
  noEmit: true,
  incremental: false,
  paths: {
    [PACKAGE]: [join(ROOT, 'constructs/index.ts')],
    'modular-inference-stack/stacks': [join(ROOT, 'stacks/index.ts')],
    '*': [join(ROOT, 'node_modules/*')],
  },
  typeRoots: [join(ROOT, 'node_modules/@types')],
  types: ['node'],
};

it('finds the examples', () => {
  expect(documented().length).toBeGreaterThanOrEqual(4);
  expect(inDocstrings().length).toBeGreaterThanOrEqual(10);
});

it('finds one for every construct', () => {
  const constructs = Object.entries(everything)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Construct)
    .map(([name]) => name);
  const shown = inDocstrings().map(({ code }) => code.slice(PRELUDE.length));
  expect(constructs.length).toBeGreaterThan(10);
  for (const name of constructs) {
    const makes = new RegExp(`new ${name}\\(|${name}\\.\\w+\\(ml`);
    expect([name, shown.some((code) => makes.test(code))]).toEqual([name, true]);
  }
});

it('compiles every example', () => {
  const files = examples.map(({ code }, index) => {
    const file = join(folder, `example-${index}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const program = ts.createProgram(files, OPTIONS);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && files.includes(file.fileName))
    .map(({ file, messageText }) => {
      const example = examples[files.indexOf(file?.fileName ?? '')];
      return `${example?.title}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  expect(problems).toEqual([]);
}, 120_000);

it.each(examples.map(({ title, code }) => [title, code] as const))('synthesizes %s', (_title, code) => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const outdir = mkdtempSync(join(folder, 'out-'));
  const previous = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = outdir;
  try {
    // The package's own name is resolved to its sources.
    const load = (name: string): unknown => {
      if (name === PACKAGE) return jest.requireActual('../../constructs');
      if (name === 'modular-inference-stack/stacks') return jest.requireActual('../../stacks');
      return name === 'cdk8s'
        ? { ...jest.requireActual<object>('cdk8s'), App, Testing }
        : createRequire(__filename)(name);
    };
    const run = compileFunction(outputText, ['require', 'exports']) as (
      load: unknown,
      exports: unknown,
    ) => void;
    expect(() => run(load, {})).not.toThrow();
  } finally {
    if (previous === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = previous;
  }
});
