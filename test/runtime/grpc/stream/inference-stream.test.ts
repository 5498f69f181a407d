import { status } from '@grpc/grpc-js';
import { type ExtendedResponse } from '../../../../runtime/services/extended/message';
import { toTensor } from '../../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../../runtime/tensor/tensor';
import { FALL, NO_FALL } from '../../../fixtures/fall-detection-windows';
import { eventually } from '../../../fixtures/eventually';
import { FALL_DETECTION, startServer, type StartedServer } from '../../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../../fixtures/stock-client';

function confidence({ tensors }: ExtendedResponse): number {
  const [[name, proto]] = tensors;
  return toTensor(proto, name).data[0] as number;
}

describe('a stream of the Extended service', () => {
  let started: StartedServer;
  let client: StockClient;

  beforeAll(async () => {
    started = await startServer([FALL_DETECTION]);
    client = new StockClient(started.grpc);
  });
  afterAll(async () => {
    client.close();
    await started.server.stop();
  });

  it('answers in the order of the requests, echoing ids of any sign', async () => {
    const ids = [5, 0, -7, 2147483647, -2147483648];
    const sent = ids.map((id, index) => request(id, { array: (index % 2 === 0 ? FALL : NO_FALL).window }));
    const { responses, status: end } = await client.call(sent);
    expect(end.code).toBe(status.OK);
    expect(responses.map(({ id }) => id)).toEqual(ids);
    for (const [index, response] of responses.entries()) {
      expect(confidence(response)).toBeCloseTo((index % 2 === 0 ? FALL : NO_FALL).confidence, 5);
    }
  });

  it('ends OK when nothing was sent', async () => {
    const { responses, status: end } = await client.call([]);
    expect([responses, end.code]).toEqual([[], status.OK]);
  });

  it('ignores tensors that the pipeline does not name', async () => {
    const { responses } = await client.call([
      request(1, { other: tensor('string', [1], [Buffer.from('x')]), array: FALL.window }),
    ]);
    expect(confidence(responses[0])).toBeCloseTo(FALL.confidence, 5);
  });

  const bad = {
    missing: [request(2, { other: FALL.window }), "input 'array' missing; the request has 'other'"],
    empty: [{ id: 2, tensors: [] }, "input 'array' missing; the request has none"],
    shape: [
      request(2, { array: tensor('int32', [3, 9], new Int32Array(27)) }),
      "input 'array': expected shape [9, 3], got [3, 9]",
    ],
    dtype: [
      request(2, { array: tensor('float32', [9, 3], new Float32Array(27)) }),
      "input 'array': expected dtype int16, got float32",
    ],
    value: [
      request(2, { array: tensor('int32', [9, 3], new Int32Array(27).fill(40_000)) }),
      "input 'array': value 40000 at index 0 is no int16",
    ],
  } as const;

  it.each(Object.entries(bad))(
    'answers a request with a wrong %s in its place',
    async (_, [wrong, message]) => {
      const good = request(1, { array: FALL.window });
      const { responses, status: end } = await client.call([good, wrong, { ...good, id: 3 }]);
      expect(end.code).toBe(status.OK);
      expect(responses.map(({ id }) => id)).toEqual([1, 2, 3]);
      expect(responses[1].error?.code).toBe('INVALID_ARGUMENT');
      expect(responses[1].error?.message).toContain(message);
      expect(responses.map(({ error }) => error === undefined)).toEqual([true, false, true]);
    },
  );

  it('ends the stream with the status, after the answers before it, for a client that asks for that', async () => {
    const sent = [request(1, { array: FALL.window }), request(2, {}), request(3, { array: FALL.window })];
    const { responses, status: end } = await client.call(sent, { 'x-error-mode': 'status' });
    expect(responses.map(({ id }) => id)).toEqual([1]);
    expect(end).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('array') as string,
    });
  });

  it.each([
    [{ 'x-pipeline': 'nothing' }, status.NOT_FOUND, "no pipeline 'nothing'; served are 'fall-detection'"],
    [{ 'x-error-mode': 'loud' }, status.INVALID_ARGUMENT, "must be 'in-band' or 'status', got 'loud'"],
  ])('refuses a stream with metadata %j', async (metadata, code, message) => {
    const { status: end } = await client.call([request(1, { array: FALL.window })], metadata);
    expect(end.code).toBe(code);
    expect(end.details).toContain(message);
  });

  it('gives each of many streams its own answers', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, stream) =>
        client.call(
          Array.from({ length: 50 }, (_unused, index) =>
            request(stream * 1000 + index, { array: ((stream + index) % 3 === 0 ? FALL : NO_FALL).window }),
          ),
        ),
      ),
    );
    for (const [stream, { responses }] of outcomes.entries()) {
      expect(responses).toHaveLength(50);
      for (const [index, response] of responses.entries()) {
        expect(response.id).toBe(stream * 1000 + index);
        const expected = ((stream + index) % 3 === 0 ? FALL : NO_FALL).confidence;
        expect(confidence(response)).toBeCloseTo(expected, 5);
      }
    }
  });

  it('goes on serving when a client cancels with requests in flight', async () => {
    const stream = client.open();
    const outcome = outcomeOf(stream);
    const first = new Promise((resolve) => stream.once('data', resolve));
    for (let id = 0; id < 200; id += 1) stream.write(request(id, { array: FALL.window }));
    await first;
    stream.cancel();
    expect((await outcome).status.code).toBe(status.CANCELLED);
    const { responses } = await client.call([request(1, { array: NO_FALL.window })]);
    expect(confidence(responses[0])).toBeCloseTo(NO_FALL.confidence, 5);
    await eventually(async () => {
      const metrics = await (await fetch(`http://${started.http}/metrics`)).text();
      expect(metrics).toMatch(/^inference_in_flight\{pipeline="fall-detection"\} 0$/m);
      expect(metrics).toMatch(/^inference_streams\{pipeline="fall-detection"\} 0$/m);
    });
  });
});
