import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceClient, type Inputs } from '../../../runtime/client';
import { makeCertificates } from '../../fixtures/certificates';
import { eventually } from '../../fixtures/eventually';
import { FALL, NO_FALL } from '../../fixtures/fall-detection-windows';
import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { itWith } from '../../fixtures/tools';

const folder = temporaryFolder();
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('a client of the inference server', () => {
  it('gets the published answers over the Extended service, and each error in its place', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION]);
    const client = new InferenceClient({ address: grpc, pipeline: 'fall-detection' });
    const nested = Array.from({ length: 9 }, (_, row) => [
      ...FALL.window.data.subarray(3 * row, 3 * row + 3),
    ]);
    const requests: Inputs[] = [
      { array: NO_FALL.window },
      { array: { dtype: 'float32', data: [[1, 2]] } as const },
      { array: { dtype: 'int16', data: nested } as const },
      {},
    ];
    const answers = [];
    for await (const answer of client.stream(requests)) answers.push(answer);
    expect((answers[0].outputs?.prediction.data as Float32Array)[0]).toBeCloseTo(NO_FALL.confidence, 5);
    expect(answers[1].error).toMatchObject({ name: 'PredictionError', code: 'INVALID_ARGUMENT' });
    expect((answers[2].outputs?.prediction.data as Float32Array)[0]).toBeCloseTo(FALL.confidence, 5);
    expect(answers[3].error?.message).toContain("'array'");
    client.close();
    await server.stop();
  });

  it('gets the same answers over the Basic service', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION]);
    const client = new InferenceClient({ address: grpc, service: 'basic' });
    const window = { dtype: 'float32', shape: [9, 3], data: Float32Array.from(FALL.window.data) } as const;
    const { tensor } = await client.predict({ array: window });
    expect(tensor.shape).toEqual([1, 1]);
    expect((tensor.data as Float32Array)[0]).toBeCloseTo(FALL.confidence, 5);
    client.close();
    await server.stop();
  });

  it('is told of a pipeline that the server does not have', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION]);
    const client = new InferenceClient({ address: grpc, pipeline: 'absent' });
    await expect(client.predict({ array: FALL.window })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    client.close();
    await server.stop();
  });

  it('moves on to the next server when the one before drains, and loses nothing', async () => {
    const first = await startServer([FALL_DETECTION]);
    const client = new InferenceClient({
      address: first.grpc,
      reconnect: { initialDelayMs: 10, maxDelayMs: 50, maxAttempts: 100, resend: true },
    });
    let stopped: Promise<void> | undefined;
    let second: Awaited<ReturnType<typeof startServer>> | undefined;
    let answered = 0;
    const requests = Array.from({ length: 400 }, () => ({ array: FALL.window }));
    for await (const { outputs, index } of client.stream(requests)) {
      expect((outputs?.prediction.data as Float32Array)[0]).toBeCloseTo(FALL.confidence, 5);
      answered++;
      if (index === 100) {
        stopped = first.server.stop();
        void stopped.then(async () => (second = await startServer([FALL_DETECTION], { grpc: first.grpc })));
      }
    }
    expect(answered).toBe(400);
    client.close();
    await stopped;
    await eventually(() => expect(second).toBeDefined());
    await second?.server.stop();
  });

  itWith(
    'OpenSSL 3',
    'speaks TLS, shows its certificate, and refuses a server of another authority',
    async () => {
      makeCertificates(folder);
      const file = (name: string): string => join(folder, name);
      const { server, grpc } = await startServer([FALL_DETECTION], {
        tlsCert: file('server.crt'),
        tlsKey: file('server.key'),
        tlsClientCa: file('ca.crt'),
      });
      const reconnect = { maxAttempts: 0 };
      const own = { authorities: pem('ca.crt'), certificate: pem('client.crt'), key: pem('client.key') };
      const client = new InferenceClient({ address: grpc, tls: own, reconnect });
      const { prediction } = await client.predict({ array: FALL.window });
      expect(prediction.data[0]).toBeCloseTo(FALL.confidence, 5);
      client.close();
      for (const tls of [
        true,
        false,
        { authorities: pem('ca.crt') },
        { ...own, serverName: 'other.example' },
      ]) {
        const stranger = new InferenceClient({ address: grpc, tls, reconnect });
        await expect(stranger.predict({ array: FALL.window })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        stranger.close();
      }
      await server.stop();
    },
  );
});
