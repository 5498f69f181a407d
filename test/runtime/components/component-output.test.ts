import { join } from 'node:path';
import { HostedTransformation } from '../../../runtime/components/hosted-transformation';
import { TransformationHost } from '../../../runtime/components/transformation-host';
import { tensor, type Flow, type Tensor } from '../../../runtime/tensor/tensor';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import {
  FLOW,
  LONG_MS,
  NAMES,
  hosted,
  moduleOf,
  prepare,
  type ComponentCode,
  closeHosts,
  closeLater,
} from '../../fixtures/hosted-component';

describe('what a component writes', () => {
  async function written(code: ComponentCode): Promise<string[]> {
    const lines: string[] = [];
    const transformation = await hosted(code, {
      onOutput: (component, stream, text) => lines.push(`${component} ${stream} ${text}`),
    });
    await transformation.applyFlow(FLOW, prepare(transformation), NAMES, LONG_MS);
    return lines;
  }

  it('comes line by line, from its module, its format step and its data step', async () => {
    const lines = await written({
      before: "console.log('loading');",
      format: "(input) => { console.warn('format %s', input.dtype); return input }",
      apply: `(x) => {
        console.log('two\\nlines', { a: 1 });
        console.error(new RangeError('shown').message);
        process.stdout.write('no ');
        process.stdout.write(Buffer.from('line break'));
        process.stderr.write('é'.repeat(2), 'utf8', () => undefined);
        return x;
      }`,
    });
    expect(lines).toEqual([
      'tested stdout loading',
      'tested stderr format float32',
      'tested stdout two',
      'tested stdout lines { a: 1 }',
      'tested stderr shown',
      'tested stdout no line break',
      'tested stderr éé',
    ]);
  });

  it('is cut into lines that a log can hold, and left out beyond a rate', async () => {
    const long = await written({ apply: "(x) => { console.log('a'.repeat(20000)); return x }" });
    expect(long.join('').replaceAll('tested stdout ', '').length).toBeLessThanOrEqual(20_000);
    expect(Math.max(...long.map((line) => line.length))).toBeLessThan(8300);
    const many = await written({
      apply: '(x) => { for (let i = 0; i < 5000; i++) console.log(i); return x }',
    });
    expect(many.length).toBeGreaterThan(100);
    expect(many.length).toBeLessThan(1200);
    expect(many).toContain(
      'tested stdout more than 100 lines in one second: the rest of this second is left out',
    );
  });

  it('has the name of the component that wrote it, also when another one runs meanwhile', async () => {
    const folder = temporaryFolder({
      'late.js': moduleOf({
        apply: "(x) => { setTimeout(() => console.log('from the one before'), 20); return x }",
      }).replace("'tested'", "'late'"),
      'slow.js': moduleOf({
        apply:
          "(x) => new Promise((resolve) => setTimeout(() => { console.log('from the slow one'); resolve(x) }, 200))",
      }).replace("'tested'", "'slow'"),
    });
    const lines: string[] = [];
    const host = await TransformationHost.start({
      components: ['late', 'slow'].map((name) => ({ name, entry: join(folder, `${name}.js`) })),
      loadTimeoutMs: LONG_MS,
      questionTimeoutMs: LONG_MS,
      onOutput: (component, _stream, text) => lines.push(`${component}: ${text}`),
    });
    closeLater(host);
    const [late, slow] = ['late', 'slow'].map((name) => new HostedTransformation(name, host));
    const handles = [late, slow].map((transformation) => prepare(transformation));
    await late.applyFlow(FLOW, handles[0], NAMES, LONG_MS);
    await slow.applyFlow(FLOW, handles[1], NAMES, LONG_MS);
    expect(lines).toEqual(['late: from the one before', 'slow: from the slow one']);
  });
});

describe('several threads of a component', () => {
  const waits = '(x) => new Promise((resolve) => setTimeout(() => resolve(x), x.data[0]))';
  const asking = (ms: number): Flow => new Map([['x', tensor('float32', [2], Float32Array.of(ms, 0))]]);

  it('run as many requests at once, each answered with its own result', async () => {
    const transformation = await hosted(
      {
        before: "const { threadId } = require('node:worker_threads');",
        apply: `async (x) => {
          await new Promise((resolve) => setTimeout(resolve, 150));
          return tensor('float32', [2], Float32Array.of(x.data[0], threadId));
        }`,
      },
      { workers: 3 },
    );
    const handle = prepare(transformation);
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, i) => transformation.applyFlow(asking(i), handle, NAMES, LONG_MS)),
    );
    const values = results.map((result) => Array.from((result.get('x') as Tensor).data as Float32Array));
    expect(values.map(([first]) => first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(values.map(([, thread]) => thread)).size).toBe(3);
  });

  it('do not let a quick request wait behind a slow one', async () => {
    const transformation = await hosted({ apply: waits }, { workers: 2 });
    const handle = prepare(transformation);
    const finished: number[] = [];
    await Promise.all(
      [2000, 1, 2, 3].map(async (ms) => {
        await transformation.applyFlow(asking(ms), handle, NAMES, LONG_MS);
        finished.push(ms);
      }),
    );
    expect(finished).toEqual([1, 2, 3, 2000]);
  });

  it('time each request by itself, and replace only the thread that hangs', async () => {
    const onRestart = jest.fn();
    const transformation = await hosted(
      { apply: '(x) => { while (x.data[0] === 1); return x }' },
      { workers: 2, onRestart },
    );
    const handle = prepare(transformation);
    const outcomes = await Promise.allSettled(
      [0, 1, 0, 0, 1, 0].map((hangs) =>
        transformation.applyFlow(asking(hangs), handle, NAMES, hangs === 1 ? 300 : LONG_MS),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(onRestart).toHaveBeenCalledTimes(2);
    expect(onRestart).toHaveBeenCalledWith('it did not return within 300 ms');
  });

  it('know the steps whose parameters were taken after they had started', async () => {
    const transformation = await hosted(
      {
        parameters: 'z.strictObject({ by: z.number().default(1) })',
        apply: "(x, { by }) => tensor('float32', x.shape, x.data.map((v) => v + by))",
      },
      { workers: 3 },
    );
    const handles = [10, 20].map(
      (by) => (transformation.parse({ by }) as { parameters: unknown }).parameters,
    );
    const results = await Promise.all(
      [0, 1, 0, 1, 0, 1].map((i) => transformation.applyFlow(asking(1), handles[i], NAMES, LONG_MS)),
    );
    expect(results.map((result) => (result.get('x') as Tensor).data[0])).toEqual([11, 21, 11, 21, 11, 21]);
  });

  it('reject what waits when the pipeline is closed', async () => {
    const transformation = await hosted({ apply: waits }, { workers: 2 });
    const handle = prepare(transformation);
    const waiting = Promise.allSettled(
      [5000, 5000, 5000, 5000].map((ms) => transformation.applyFlow(asking(ms), handle, NAMES, LONG_MS)),
    );
    await closeHosts();
    for (const outcome of await waiting) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_LOST' } });
    }
    await expect(transformation.applyFlow(asking(1), handle, NAMES, LONG_MS)).rejects.toMatchObject({
      code: 'WORKER_LOST',
    });
  });

  it('are refused when one of them does not load', async () => {
    const folder = temporaryFolder({
      'index.js': moduleOf({
        before:
          "if (require('node:fs').existsSync(__dirname + '/taken')) throw new Error('not twice'); require('node:fs').mkdirSync(__dirname + '/taken');",
      }),
    });
    const started = TransformationHost.start({
      components: [{ name: 'tested', entry: join(folder, 'index.js'), directory: folder, workers: 3 }],
      loadTimeoutMs: LONG_MS,
      questionTimeoutMs: LONG_MS,
    });
    await expect(started).rejects.toThrow('index.js does not load: not twice (index.js:1:');
  });
});
