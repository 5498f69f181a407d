import { join } from 'node:path';
import { TransformationHost } from '../../../runtime/components/transformation-host';
import { HostedTransformation } from '../../../runtime/components/hosted-transformation';
import { type FlowFormat } from '../../../runtime/formats/format';
import { tensor, type Tensor, type Value } from '../../../runtime/tensor/tensor';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const module_ = (name: string, apply: string, format = '(input) => input'): string => `
module.exports = ({ defineTransformation, FormatError, tensor, z }) => defineTransformation({
  name: '${name}', description: 'For a test.', parameters: z.strictObject({ by: z.number().default(1) }),
  format: ${format}, apply: ${apply},
});`;

const folder = temporaryFolder({
  'add.js': module_('add', "(x, { by }) => tensor('float32', x.shape, x.data.map((value) => value + by))"),
  'later.js': module_('later', '(x) => new Promise((resolve) => setTimeout(resolve, 5, x))'),
  'throws.js': module_('throws', "() => { throw new Error('no luck') }"),
  'rejects.js': module_('rejects', "() => Promise.reject(new Error('no luck later'))"),
  'hangs.js': module_('hangs', '() => { for (;;); }'),
  'waits.js': module_('waits', '() => new Promise(() => undefined)'),
  'exits.js': module_('exits', '() => process.exit(3)'),
  'stray.js': module_('stray', "(x) => { Promise.reject(new Error('nobody waits for me')); return x }"),
  'wrong.js': module_('wrong', '() => 5'),
  'short.js': module_('short', "(x) => ({ dtype: 'float32', shape: [9], data: x.data })"),
  'refuses.js': module_('refuses', '(x) => x', "() => { throw new FormatError('needs pictures') }"),
  'never.js': module_('never', '(x) => x', '() => { for (;;); }'),
  'breaks.js': "throw new Error('broken at the top')",
  'loops.js': 'for (;;);',
  'other.js': module_('somebody', '(x) => x'),
  'number.js': 'module.exports = 5;',
});

const hosts: TransformationHost[] = [];
afterAll(() => Promise.all(hosts.map((host) => host.close())));

/** Longer than anything takes that ends, however busy the machine is. */
const LONG_MS = 20_000;

async function hosted(name: string, questionTimeoutMs = LONG_MS): Promise<HostedTransformation> {
  const host = await TransformationHost.start({
    components: [{ name, entry: join(folder, `${name}.js`) }],
    loadTimeoutMs: name === 'loops' ? 1000 : LONG_MS,
    questionTimeoutMs,
  });
  hosts.push(host);
  return new HostedTransformation(name, host);
}

async function handleOf(transformation: HostedTransformation, parameters = {}): Promise<unknown> {
  const parsed = transformation.parse(parameters);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return Promise.resolve(parsed.parameters);
}

const names = { on: 'x', as: 'x' };
const flow = new Map<string, Value>([['x', tensor('float32', [2], Float32Array.of(1, 2))]]);
const format: FlowFormat = new Map([['x', { kind: 'tensor', dtype: 'float32', shape: [2] }]]);

async function apply(name: string, timeoutMs = LONG_MS): Promise<Tensor> {
  const transformation = await hosted(name);
  const result = await transformation.applyFlow(flow, await handleOf(transformation), names, timeoutMs);
  return result.get('x') as Tensor;
}

describe('TransformationHost', () => {
  it("runs a component's data step with its parameters", async () => {
    const transformation = await hosted('add');
    const handle = await handleOf(transformation, { by: 10 });
    const result = await transformation.applyFlow(flow, handle, { on: 'x', as: 'y' });
    expect([...result]).toEqual([
      ['x', flow.get('x')],
      ['y', tensor('float32', [2], Float32Array.of(11, 12))],
    ]);
    expect(transformation.formatFlow(format, handle, names)).toEqual(format);
  });

  it('sends only the values of a tensor that is a view into something larger', async () => {
    const transformation = await hosted('add');
    const view = new Float32Array(new Float32Array(1024).fill(7).buffer, 4, 2);
    const result = await transformation.applyFlow(
      new Map<string, Value>([['x', tensor('float32', [2], view)]]),
      await handleOf(transformation),
      names,
    );
    const { data } = result.get('x') as Tensor<'float32'>;
    expect([...data, data.buffer.byteLength]).toEqual([8, 8, 8]);
  });

  it('waits for an async step', async () => {
    expect(await apply('later')).toEqual(flow.get('x'));
  });

  it('names a wrong parameter and its path', async () => {
    const transformation = await hosted('add');
    expect(transformation.parse({ by: 'a' })).toMatchObject({ problems: [{ path: 'by' }] });
    expect(transformation.parse({ bye: 1 })).toMatchObject({
      problems: [{ message: expect.stringContaining('bye') as string }],
    });
  });

  it('passes on why a format step refuses', async () => {
    const transformation = await hosted('refuses');
    const handle = await handleOf(transformation);
    expect(() => transformation.formatFlow(format, handle, names)).toThrow('needs pictures');
  });

  it('gives a format step up that does not return', async () => {
    const transformation = await hosted('never', 200);
    const handle = await handleOf(transformation);
    expect(() => transformation.formatFlow(format, handle, names)).toThrow('it did not answer within 200 ms');
  });

  it.each([
    ['throws', 'STEP_FAILED', 'throws: no luck'],
    ['rejects', 'STEP_FAILED', 'rejects: no luck later'],
    ['stray', 'STEP_FAILED', 'stray: nobody waits for me'],
    ['exits', 'STEP_FAILED', 'exits: it ended its thread'],
    ['hangs', 'STEP_TIMEOUT', 'hangs: it did not return within 200 ms'],
    ['waits', 'STEP_TIMEOUT', 'waits: it did not return within 200 ms'],
    ['wrong', 'STEP_FAILED', "wrong: apply must return a tensor { dtype, shape, data } for 'x', got number"],
    ['short', 'STEP_FAILED', "short: 'x' of shape [9] must have 9 values, got 2"],
  ])('turns a step that %s into the error of its request', async (name, code, message) => {
    await expect(apply(name, code === 'STEP_TIMEOUT' ? 200 : LONG_MS)).rejects.toMatchObject({
      code,
      message,
    });
  });

  it('runs the requests behind one that hangs in a new thread', async () => {
    const hanging = { name: 'hangs', entry: join(folder, 'hangs.js') };
    const adding = { name: 'add', entry: join(folder, 'add.js') };
    const onRestart = jest.fn();
    const host = await TransformationHost.start({
      components: [hanging, adding],
      loadTimeoutMs: LONG_MS,
      questionTimeoutMs: LONG_MS,
      onRestart,
    });
    hosts.push(host);
    const [hangs, adds] = [new HostedTransformation('hangs', host), new HostedTransformation('add', host)];
    const [hangsHandle, addsHandle] = [await handleOf(hangs), await handleOf(adds, { by: 5 })];
    const outcomes = await Promise.allSettled([
      adds.applyFlow(flow, addsHandle, names, LONG_MS),
      hangs.applyFlow(flow, hangsHandle, names, 200),
      adds.applyFlow(flow, addsHandle, names, LONG_MS),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const last = outcomes[2] as PromiseFulfilledResult<Map<string, Tensor>>;
    expect(last.value.get('x')?.data).toEqual(Float32Array.of(6, 7));
    expect(onRestart).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['breaks', 'broken at the top'],
    ['loops', 'loading did not end within 1000 ms'],
    ['other', "defines 'somebody', its component.json says 'other'"],
    ['number', 'must export an object of defineTransformation or defineFlowTransformation, got number'],
    ['absent', 'does not load'],
  ])('refuses to start with a module that %s', async (name, message) => {
    await expect(hosted(name)).rejects.toThrow(message);
  });
});
