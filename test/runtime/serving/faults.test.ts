import { type Worker } from 'node:worker_threads';
import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { type OnnxGraph } from '../../fixtures/models/onnx';
import { checkHealth } from '../../fixtures/check-health';
import { eventually } from '../../fixtures/eventually';
import { busyModel, identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

let started: StartedServer;
let client: StockClient;

async function serve(
  model: OnnxGraph,
  document: Omit<PipelineDocumentInput, 'name' | 'model'>,
): Promise<void> {
  started = await startServer([pipelineFolder(model, { name: 'tested', ...document })]);
  client = new StockClient(started.grpc);
}

afterEach(async () => {
  client.close();
  await started.server.stop();
});

/** The status of the answer to one request: `ok`, or the code and message of its error. */
async function ask(tensors: Record<string, Tensor>): Promise<string> {
  const { responses } = await client.call([request(1, tensors)]);
  const { error } = responses[0];
  return error === undefined ? 'ok' : `${error.code}: ${error.message}`;
}

async function get(path: string): Promise<[number, string]> {
  const response = await fetch(`http://${started.http}${path}`);
  return [response.status, await response.text()];
}

async function metric(name: string): Promise<number> {
  const [, text] = await get('/metrics');
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

function health(): Promise<string[]> {
  return Promise.all(['liveness', 'readiness', '', 'tested'].map((name) => checkHealth(started.grpc, name)));
}

/** The thread of the pipeline's only worker, to end it as a fault of the engine would. */
function modelThread(): Worker {
  interface Parts {
    host: {
      registry: Iterable<{
        current: { models: { lease: { inferencer: { sessions: { host: { worker: Worker } }[] } } }[] };
      }>;
    };
  }
  const [served] = (started.server as unknown as Parts).host.registry;
  return served.current.models[0].lease.inferencer.sessions[0].host.worker;
}

const ROW = { x: tensor('float32', [1, 2], Float32Array.of(1, 2)) };

describe('a model whose thread dies', () => {
  beforeEach(() =>
    serve(identityModel('float32'), {
      input: { x: { dtype: 'float32', shape: ['batch', 2] } },
      inferencer: { execution: 'worker' },
    }),
  );

  it('is served on by a new thread, and the death is counted', async () => {
    await modelThread().terminate();
    await eventually(async () => expect(await ask(ROW)).toBe('ok'));
    expect(await metric('inference_worker_restarts_total')).toBe(1);
    expect(await get('/readyz')).toEqual([200, 'ready\n']);
  });

  it('again and again is refused at once, seen by health and metrics, and tried again by itself', async () => {
    expect(await metric('inference_breaker_open')).toBe(0);
    for (let death = 1; death <= 5; death += 1) {
      await eventually(async () => expect(await ask(ROW)).toBe('ok'));
      await modelThread().terminate();
    }
    await eventually(async () => expect((await get('/readyz'))[0]).toBe(503));
    expect((await get('/readyz'))[1]).toBe("impaired\npipeline 'tested': it ended with code 1\n");
    expect((await get('/healthz'))[0]).toBe(200);
    expect(await health()).toEqual(['SERVING', 'NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING']);
    expect(await metric('inference_breaker_open')).toBe(1);
    expect(await ask(ROW)).toBe(
      "UNAVAILABLE: the model's worker threads keep ending; the next one starts in seconds",
    );
    await eventually(async () => expect(await get('/readyz')).toEqual([200, 'ready\n']));
    expect(await health()).toEqual(['SERVING', 'SERVING', 'SERVING', 'SERVING']);
    expect([await ask(ROW), await metric('inference_breaker_open')]).toEqual(['ok', 0]);
  }, 40_000);
});

describe('a model whose runs hang in the engine', () => {
  const times = (count: number) => ({ times: tensor('int64', [], BigInt64Array.of(BigInt(count))) });

  it('is replaced up to a limit, at which the process asks to be restarted, until a run comes back', async () => {
    await serve(busyModel(), {
      input: { times: { dtype: 'int64', shape: [] } },
      inferencer: { execution: 'worker', hangLimitMs: 250, threads: 1 },
    });
    const startedMs = performance.now();
    await ask(times(200));
    const hangs = Math.ceil((8000 / (performance.now() - startedMs)) * 200);
    const lost = 'UNAVAILABLE: a run took longer than 250 ms and was given up';
    for (let run = 1; run <= 3; run += 1) expect(await ask(times(hangs))).toBe(lost);
    expect(await metric('inference_hung_threads')).toBe(3);
    expect(await get('/healthz')).toEqual([
      503,
      'restart needed: 3 worker threads hang in the engine and cannot be ended\n',
    ]);
    const [status, body] = await get('/readyz');
    expect([status, body.split('\n')[0]]).toEqual([503, 'impaired']);
    expect(await health()).toEqual(['NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING']);
    expect(await ask(times(1))).toBe(
      'UNAVAILABLE: runs hang in the engine (3) and cannot be ended; the server has to be restarted',
    );
    for (let round = 0; round < 20 && (await get('/readyz'))[0] !== 200; round += 1)
      await eventually(async () => expect((await get('/readyz'))[0]).toBe(200)).catch(() => undefined);
    expect([await ask(times(1)), await get('/healthz')]).toEqual(['ok', [200, 'ok\n']]);
    await eventually(async () => expect(await metric('inference_hung_threads')).toBe(0));
  }, 150_000);
});
