import { InferenceClient, type InferenceClientOptions } from '../../../runtime/client';
import { type Answer } from '../../../runtime/client/answer';
import { type Inputs } from '../../../runtime/client/answer-stream';
import { CallError, InputError, PredictionError } from '../../../runtime/client/errors';
import { type ExtendedRequest } from '../../../runtime/services/extended/message';
import { type DecodedRequest } from '../../../runtime/grpc/stream/decoded-request';
import { answer, ScriptedServer } from '../../fixtures/scripted-server';

type Decoded = DecodedRequest<ExtendedRequest>;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function startServer(): Promise<ScriptedServer> {
  const server = await new ScriptedServer().start();
  closers.push(() => server.stop());
  return server;
}

function connect(server: ScriptedServer, options: Partial<InferenceClientOptions> = {}): InferenceClient {
  const client = new InferenceClient({
    address: server.address,
    ...options,
    reconnect: { initialDelayMs: 5, maxDelayMs: 40, ...options.reconnect },
  });
  closers.push(() => client.close());
  return client;
}

const valuesOf = (...values: number[]): Inputs => ({ values: { dtype: 'float32', data: values } });

function* requests(count: number): Generator<Inputs> {
  for (let index = 0; index < count; index++) yield valuesOf(index, 1);
}

async function collect(answers: AsyncIterable<Answer>): Promise<Answer[]> {
  const all: Answer[] = [];
  for await (const one of answers) all.push(one);
  return all;
}

const sumOf = (one: Answer): number => (one.outputs?.sum.data as Float32Array)[0];
const shortNap = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was not rejected');
}

describe('predict', () => {
  it('returns the outputs by name', async () => {
    const client = connect(await startServer());
    const { sum } = await client.predict(valuesOf(1, 2, 3));
    expect(sum).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(6) });
  });

  it('gives each of many predictions at once its own answer, over one stream', async () => {
    const server = await startServer();
    const client = connect(server);
    const sums = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => (await client.predict(valuesOf(index))).sum.data[0]),
    );
    expect(sums).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(server.streams).toHaveLength(1);
  });

  it('rejects with the error that the server answered, and goes on', async () => {
    const client = connect(await startServer());
    const [first, refused, last] = await Promise.allSettled([
      client.predict(valuesOf(1)),
      client.predict(valuesOf(-4)),
      client.predict(valuesOf(2)),
    ]);
    expect([first.status, last.status]).toEqual(['fulfilled', 'fulfilled']);
    const error = (refused as PromiseRejectedResult).reason as PredictionError;
    expect(error).toBeInstanceOf(PredictionError);
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'a negative value, got -4',
      step: 'preprocessing[0] sqrt',
    });
  });

  it('rejects inputs that are no tensor before anything is sent', async () => {
    const server = await startServer();
    const client = connect(server);
    const error = await rejectionOf(client.predict({ values: { dtype: 'int8', data: [1, 300] } }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(
      "input 'values': element 1 must be an integer from -128 to 127, got number 300",
    );
    expect(server.streams).toHaveLength(0);
  });

  it('gives up after its time and tells so, without harm to its neighbours', async () => {
    const server = await startServer();
    server.onStream = (stream) => {
      stream.on('data', (request: Decoded) => {
        if (request.id !== 1) setTimeout(() => answer(stream, request), 60);
        else setTimeout(() => answer(stream, request), 50);
      });
      return true;
    };
    const client = connect(server);
    const slow = client.predict(valuesOf(1), { timeoutMs: 20 });
    const patient = client.predict(valuesOf(2));
    expect(await rejectionOf(slow)).toMatchObject({ name: 'CallError', code: 'DEADLINE_EXCEEDED' });
    expect((await patient).sum.data[0]).toBe(2);
  });

  it('gives up when its signal says so, with the reason of the signal', async () => {
    const server = await startServer();
    server.onStream = () => true;
    const client = connect(server);
    const controller = new AbortController();
    const prediction = client.predict(valuesOf(1), { signal: controller.signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(await rejectionOf(prediction)).toBe(reason);
    expect(await rejectionOf(client.predict(valuesOf(1), { signal: controller.signal }))).toBe(reason);
  });

  it('takes a stream for each prediction when errors end streams', async () => {
    const server = await startServer();
    const client = connect(server, { errorMode: 'status' });
    const [fine, refused] = await Promise.allSettled([
      client.predict(valuesOf(1)),
      client.predict(valuesOf(-1)),
    ]);
    expect(fine.status).toBe('fulfilled');
    expect((refused as PromiseRejectedResult).reason).toMatchObject({
      name: 'CallError',
      code: 'INVALID_ARGUMENT',
      message: 'a negative value, got -1',
    });
    expect(server.streams.map(({ metadata }) => metadata.get('x-error-mode'))).toEqual([
      ['status'],
      ['status'],
    ]);
  });

  it('speaks the Basic service, whose output has no name', async () => {
    const client = connect(await startServer(), { service: 'basic' });
    const { tensor } = await client.predict({
      anything: {
        dtype: 'float32',
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    });
    expect(tensor).toEqual({ dtype: 'float32', shape: [1, 1], data: Float32Array.of(10) });
    expect(await rejectionOf(client.predict({ a: { dtype: 'int32', data: [1] } }))).toMatchObject({
      message: "input 'a': the Basic service carries float32, got int32",
    });
    expect(await rejectionOf(client.predict({}))).toMatchObject({
      message: expect.stringContaining('got 0') as string,
    });
  });

  it('sends pipeline and metadata with every call', async () => {
    const server = await startServer();
    const client = connect(server, { pipeline: 'fall', metadata: { authorization: 'Bearer x' } });
    await client.predict(valuesOf(1));
    const [{ metadata }] = server.streams;
    expect([metadata.get('x-pipeline'), metadata.get('authorization')]).toEqual([['fall'], ['Bearer x']]);
  });

  it('rejects when the server knows no such pipeline, and does not try again', async () => {
    const server = await startServer();
    const client = connect(server, { pipeline: 'unknown' });
    expect(await rejectionOf(client.predict(valuesOf(1)))).toMatchObject({
      name: 'CallError',
      code: 'NOT_FOUND',
      message: "no pipeline is named 'unknown'",
    });
    expect(server.streams).toHaveLength(1);
  });

  it('rejects what is open, and everything after, when it is closed', async () => {
    const server = await startServer();
    server.onStream = () => true;
    const client = connect(server);
    const open = client.predict(valuesOf(1));
    client.close();
    expect(await rejectionOf(open)).toMatchObject({ name: 'CallError', code: 'CANCELLED' });
    expect(await rejectionOf(client.predict(valuesOf(1)))).toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses a request that is larger than a message may be', async () => {
    const client = connect(await startServer(), { maxMessageBytes: 1000 });
    const error = await rejectionOf(
      client.predict({ values: { dtype: 'float32', data: new Float32Array(300) } }),
    );
    expect((error as Error).message).toMatch(/^input 'values': 12\d\d bytes; at most 1000 are allowed$/);
  });
});

describe('stream', () => {
  it('answers all requests in their order', async () => {
    const client = connect(await startServer());
    const answers = await collect(client.stream(requests(3000)));
    expect(answers.map(({ index }) => index)).toEqual(Array.from({ length: 3000 }, (_, index) => index));
    expect(answers.map(sumOf)).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1));
  });

  it('ends without an answer when there is no request', async () => {
    const client = connect(await startServer());
    expect(await collect(client.stream([]))).toEqual([]);
  });

  it('answers a request that fails in its place and goes on', async () => {
    const client = connect(await startServer());
    const answers = await collect(client.stream([valuesOf(1), valuesOf(-1), valuesOf(3)]));
    expect(answers[1].error).toBeInstanceOf(PredictionError);
    expect([answers[1].index, answers[1].outputs]).toEqual([1, undefined]);
    expect([sumOf(answers[0]), sumOf(answers[2])]).toEqual([1, 3]);
  });

  it('reads its source only as fast as its answers are consumed', async () => {
    const client = connect(await startServer(), { maxInFlight: 8 });
    let pulled = 0;
    let consumed = 0;
    let furthest = 0;
    async function* source(): AsyncGenerator<Inputs> {
      while (pulled < 200) {
        pulled++;
        furthest = Math.max(furthest, pulled - consumed);
        yield valuesOf(pulled);
        await Promise.resolve();
      }
    }
    for await (const { index } of client.stream(source())) {
      consumed++;
      if (index % 50 === 0) await shortNap();
    }
    expect(consumed).toBe(200);
    // One may be in the source's hands beside the eight in flight.
    expect(furthest).toBeLessThanOrEqual(9);
  });

  it('bounds what is in flight in bytes too, and lets a request through that is larger', async () => {
    const client = connect(await startServer(), { maxInFlightBytes: 1000 });
    let pulled = 0;
    let consumed = 0;
    let furthest = 0;
    function* source(): Generator<Inputs> {
      while (pulled < 20) {
        pulled++;
        furthest = Math.max(furthest, pulled - consumed);
        yield { values: { dtype: 'float32', data: new Float32Array(500) } };
      }
    }
    for await (const one of client.stream(source())) consumed += one.outputs ? 1 : 0;
    expect(consumed).toBe(20);
    expect(furthest).toBeLessThanOrEqual(2);
  });

  it('answers what came before a broken source, then throws what the source threw', async () => {
    const client = connect(await startServer());
    function* source(): Generator<Inputs> {
      yield valuesOf(1);
      throw new Error('sensor unplugged');
    }
    const seen: number[] = [];
    const reading = (async () => {
      for await (const one of client.stream(source())) seen.push(sumOf(one));
    })();
    expect(await rejectionOf(reading)).toMatchObject({ message: 'sensor unplugged' });
    expect(seen).toEqual([1]);
  });

  it('cancels the call and ends the source when the loop is left early', async () => {
    const server = await startServer();
    const client = connect(server);
    let returned = false;
    async function* source(): AsyncGenerator<Inputs> {
      try {
        for (;;) {
          yield valuesOf(1);
          await Promise.resolve();
        }
      } finally {
        returned = true;
      }
    }
    for await (const one of client.stream(source())) if (one.index === 3) break;
    const [{ stream }] = server.streams;
    for (let turn = 0; turn < 100 && !(stream.cancelled && returned); turn++) await shortNap(10);
    expect(stream.cancelled).toBe(true);
    expect(returned).toBe(true);
  });

  it('throws the reason of its signal', async () => {
    const server = await startServer();
    server.onStream = () => true;
    const client = connect(server);
    const controller = new AbortController();
    const reading = collect(client.stream(requests(3), { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 10);
    expect(await rejectionOf(reading)).toMatchObject({ message: 'enough' });
  });

  it('throws when its deadline passes', async () => {
    const server = await startServer();
    server.onStream = () => true;
    const client = connect(server);
    expect(await rejectionOf(collect(client.stream(requests(3), { timeoutMs: 50 })))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  it('throws when the server answers another request than the next one', async () => {
    const server = await startServer();
    server.onStream = (stream) => {
      stream.on('data', () => stream.write({ id: 77, tensors: [] }));
      return true;
    };
    const error = await rejectionOf(collect(connect(server).stream(requests(1))));
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      message: 'the server answered request 77 where the answer to request 1 was due',
    });
  });

  it('carries messages of many megabytes', async () => {
    const client = connect(await startServer());
    const large = new Float32Array(4 << 20).fill(1);
    const [one] = await collect(client.stream([{ values: { dtype: 'float32', data: large } }]));
    expect(sumOf(one)).toBe(4 << 20);
  });
});

describe('a lost connection', () => {
  it('is made again, and what was not sent goes over the next one', async () => {
    const server = await startServer();
    // The first stream answers five and ends; what it has not answered then was read by nobody.
    server.onStream = (stream, number) => {
      if (number > 0) return false;
      let answered = 0;
      stream.on('data', (request: Decoded) => {
        if (answered === 5) return;
        answered++;
        answer(stream, request);
        if (answered === 5) stream.emit('error', { code: 14, details: 'going away' });
      });
      return true;
    };
    const client = connect(server, { maxInFlight: 4 });
    const answers = await collect(client.stream(requests(50)));
    expect(answers.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    const lost = answers.filter(({ error }) => error !== undefined);
    expect(lost.length).toBeLessThanOrEqual(4);
    for (const { error } of lost) {
      expect(error).toMatchObject({ name: 'CallError', code: 'UNAVAILABLE' });
      expect(error?.message).toContain('sent, but not answered');
    }
    expect(answers.filter(({ error }) => !error).map((one) => sumOf(one) - one.index)).toEqual(
      new Array(50 - lost.length).fill(1),
    );
    expect(server.streams.length).toBeGreaterThan(1);
  });

  it('loses nothing when what was sent may be sent again', async () => {
    const server = await startServer();
    server.onStream = (stream, number) => {
      if (number > 2) return false;
      let arrived = 0;
      stream.on('data', (request: Decoded) => {
        if (++arrived <= 3) answer(stream, request);
        else if (arrived === 4) stream.emit('error', { code: 14, details: 'going away' });
      });
      return true;
    };
    const client = connect(server, { reconnect: { resend: true } });
    const answers = await collect(client.stream(requests(40)));
    expect(answers.map(sumOf)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(server.streams).toHaveLength(4);
  });

  it('is waited for: requests made before the server listens are answered when it does', async () => {
    const server = await startServer();
    const { port } = server;
    server.stop();
    const client = connect(server);
    const prediction = client.predict(valuesOf(2, 3));
    await shortNap(30);
    await server.start(port);
    expect((await prediction).sum.data[0]).toBe(5);
  });

  it('is survived by a client whose server restarts between two predictions', async () => {
    const server = await startServer();
    const client = connect(server);
    await client.predict(valuesOf(1));
    server.stop();
    await shortNap();
    await server.start(server.port);
    expect((await client.predict(valuesOf(4))).sum.data[0]).toBe(4);
  });

  it('fails after as many attempts as are allowed, with the reason', async () => {
    const server = await startServer();
    server.stop();
    const client = connect(server, { reconnect: { maxAttempts: 2 } });
    const error = await rejectionOf(collect(client.stream(requests(3))));
    expect(error).toMatchObject({ name: 'CallError', code: 'UNAVAILABLE' });
    expect((error as Error).message).toContain('ECONNREFUSED');
  });

  it('counts a stream that the server ends without answering as lost', async () => {
    const server = await startServer();
    server.onStream = (stream) => {
      stream.end();
      return true;
    };
    const client = connect(server, { reconnect: { maxAttempts: 1, resend: true } });
    expect(await rejectionOf(client.predict(valuesOf(1)))).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the server ended the stream before it had answered all',
    });
    expect(server.streams).toHaveLength(2);
  });
});
