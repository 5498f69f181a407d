import { join } from 'node:path';
import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { Exchanged } from '../../../runtime/serving/exchange-call';
import { type PipelineHost } from '../../../runtime/serving/pipeline-host';
import { type RequestContext, type RequestId } from '../../../runtime/serving/request-context';
import { type ServedPipeline } from '../../../runtime/serving/served-pipeline';
import { zeros, type Flow, type Tensor } from '../../../runtime/tensor/tensor';
import { reachedFrom } from '../../architecture/imports';
import { eventually } from '../../fixtures/eventually';
import { FALL } from '../../fixtures/fall-detection-windows';
import { slowModel } from '../../fixtures/models/tiny-models';
import { openHost, PLAIN, requestContext, type PlainAnswer } from '../../fixtures/open-host';
import { pipelineFolder } from '../../fixtures/pipeline-folder';

const ROOT = join(__dirname, '../../..');
const FALL_DETECTION = join(ROOT, 'stacks/pipelines/fall-detection/pipeline.yaml');

describe('a pipeline host', () => {
  let host: PipelineHost;
  beforeAll(async () => {
    host = await openHost(FALL_DETECTION);
    await host.start();
  });
  afterAll(() => host.close());

  it('answers a request without any port and without gRPC', async () => {
    const served = host.find('fall-detection', 'extended');
    const inputs = new Map<string, Tensor>([['array', FALL.window]]);
    const { id, outputs } = await host.exchange.answer(served, PLAIN, inputs, requestContext());
    expect(id).toBe('request-1');
    expect((outputs.get('prediction') as Tensor).data[0]).toBeCloseTo(FALL.confidence, 5);

    const { files, packages } = reachedFrom(ROOT, 'test/runtime/serving/pipeline-host.test.ts');
    expect(files).toContain('runtime/serving/exchange.ts');
    expect(packages).toContain('prom-client');
    expect([...files].filter((file) => file.startsWith('runtime/grpc/'))).toEqual([]);
    expect(
      [...packages].filter((name) => name.startsWith('@grpc/') || /^node:(http2?|net)$/.test(name)),
    ).toEqual([]);
  });

  it('rejects a request that fails with what its client is told, and counts it', async () => {
    const served = host.find(undefined, 'extended');
    const failed = host.exchange.answer(served, PLAIN, new Map(), requestContext({ id: 7 }));
    await expect(failed).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: "input 'array' was not sent; the request has none",
    });
    const metrics = await host.metrics.expose();
    expect(metrics).toContain(
      'inference_requests_total{pipeline="fall-detection",outcome="invalid_argument"} 1\n',
    );
    expect(metrics).toContain('inference_in_flight{pipeline="fall-detection"} 0\n');
  });

  it('asks for the right to a pipeline before it says whether there is one', () => {
    const deny = (pipeline: string): never => {
      throw new Error(`not ${pipeline}`);
    };
    expect(() => host.find('absent', 'extended', deny)).toThrow('not absent');
    expect(() => host.find(undefined, 'extended', deny)).toThrow('not fall-detection');
    expect(() => host.find('absent', 'extended')).toThrow("no pipeline 'absent'");
  });
});

describe('a pipeline host that is not ready', () => {
  it('refuses calls before its start and while it drains', async () => {
    const host = await openHost(FALL_DETECTION);
    const refusal = (state: string) =>
      expect(() => host.find(undefined, 'extended')).toThrow(`the server is ${state}; try again elsewhere`);
    refusal('starting');
    await host.start();
    host.drain();
    refusal('draining');
    await host.close();
  });

  it('says why it cannot start', async () => {
    const host = await openHost(join(ROOT, 'absent.yaml'));
    await expect(host.start()).rejects.toThrow('absent.yaml');
    await host.close();
  });
});

describe('a request at a full gate', () => {
  let host: PipelineHost;
  let served: ServedPipeline;
  const inputs: Flow = new Map([['x', zeros('float32', [1, 2])]]);
  const ask = (more: Partial<RequestContext>) =>
    host.exchange.answer(served, PLAIN, inputs, requestContext(more));
  const document: Omit<PipelineDocumentInput, 'model'> = {
    name: 'slow',
    input: { x: { dtype: 'float32', shape: [1, 2] } },
    inferencer: { execution: 'worker' },
    admission: { maxRequests: 1 },
  };

  beforeAll(async () => {
    host = await openHost(pipelineFolder(slowModel(1500), document));
    await host.start();
    served = host.find('slow', 'extended');
  });
  afterAll(() => host.close());
  const nothingIsLeft = () =>
    eventually(async () => {
      const metrics = await host.metrics.expose();
      expect(metrics).toContain('inference_in_flight{pipeline="slow"} 0\n');
      expect(metrics).toContain('inference_admission_waiting{pipeline="slow",priority="normal"} 0\n');
    });

  it('waits for its turn and is answered', async () => {
    const order: RequestId[] = [];
    const answers = ['first', 'second', 'third'].map((id) =>
      ask({ id }).then((answer) => order.push(answer.id)),
    );
    expect(served.gate.waiting('normal')).toBe(2);
    await Promise.all(answers);
    expect(order).toEqual(['first', 'second', 'third']);
    await nothingIsLeft();
  });

  it('leaves the gate when its caller gives up or its deadline passes', async () => {
    const first = ask({ id: 'first' });
    const caller = new AbortController();
    const cancelled = ask({ id: 'cancelled', signal: caller.signal });
    const late = ask({ id: 'late', deadlineMs: Date.now() + 20 });
    const gone = ask({ id: 'gone', signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_PASSED' });
    expect(served.gate.waiting('normal')).toBe(1);
    caller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(served.gate.waiting('normal')).toBe(0);
    expect((await first).id).toBe('first');
    await nothingIsLeft();
  });

  it('keeps the next requests of its call from being read', async () => {
    const first = ask({ id: 'first' });
    const answered: RequestId[] = [];
    const call = host.exchange.open<Flow, PlainAnswer, Exchanged<PlainAnswer>>(
      served,
      PLAIN,
      requestContext(),
      {
        onAnswered: (request) => {
          answered.push(request.id);
          call.settle(request);
        },
        onRoom: () => answered.push('room'),
      },
    );
    expect(call.mayTake).toBe(true);
    call.take(new Exchanged('second', 1, performance.now(), undefined), inputs);
    expect([call.isWaiting, call.mayTake]).toEqual([true, false]);
    await first;
    await eventually(() => expect(answered).toEqual(['room', 'second']));
    expect(call.mayTake).toBe(true);
    call.close();
    await nothingIsLeft();
  });
});
