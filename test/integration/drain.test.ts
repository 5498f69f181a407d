import { status, type StatusObject } from '@grpc/grpc-js';
import { tensor } from '../../runtime/tensor/tensor';
import { balance, untilHealthy } from '../../scripts/envoy/balance';
import { startProcess, serveCommand } from '../fixtures/server-process';
import { Fleet } from '../../scripts/soak/fleet';
import { MarkedPipeline } from '../../scripts/soak/marked-pipeline';
import { runRollingUpdate } from '../../scripts/soak/rolling-update';
import { describeWith } from '../fixtures/tools';
import { busyModel } from '../fixtures/models/tiny-models';
import { pipelineFolder } from '../fixtures/pipeline-folder';
import { StockClient, request } from '../fixtures/stock-client';
import { temporaryFolder } from '../fixtures/temporary-folder';

interface StreamEnd {
  readonly sent: number;
  readonly answered: readonly number[];
  readonly status: StatusObject;
}

/** A client that sends for as long as its stream is open. */
function sendUntilEnd(client: StockClient, onAnswer: () => void): Promise<StreamEnd> {
  const stream = client.open();
  const answered: number[] = [];
  let sent = 0;
  const send = (): void => {
    stream.write(request((sent += 1), { x: tensor('float32', [1, 1], Float32Array.of(sent % 97)) }));
  };
  for (let ahead = 0; ahead < 16; ahead += 1) send();
  return new Promise((resolve) => {
    stream.on('data', ({ id }: { id: number }) => {
      answered.push(id);
      onAnswer();
      send();
    });
    stream.on('error', () => undefined);
    stream.on('status', (end: StatusObject) => resolve({ sent, answered, status: end }));
  });
}

describe('a server that is told to stop under load', () => {
  it('ends each stream with UNAVAILABLE, and has answered all that it took, in order', async () => {
    const pipeline = new MarkedPipeline(temporaryFolder(), 'auto');
    const server = await startProcess(serveCommand(pipeline.document));
    const clients = Array.from({ length: 4 }, () => new StockClient(server.ready.grpc));
    let total = 0;
    const flowing = new Promise<void>((resolve) => {
      void Promise.all(
        clients.map((client) =>
          sendUntilEnd(client, () => {
            if ((total += 1) === 500) resolve();
          }),
        ),
      ).then((all) => (ends = all));
    });
    let ends: StreamEnd[] = [];
    await flowing;
    expect(await server.stop()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ends.map(({ status: { code, details } }) => [code, details])).toEqual(
      Array(4).fill([status.UNAVAILABLE, 'the server is stopping; connect again']),
    );
    for (const { answered } of ends)
      expect(answered).toEqual(Array.from({ length: answered.length }, (_, index) => index + 1));
    clients.forEach((client) => client.close());
  });

  it('loses no request of clients that connect again and send again', async () => {
    const pipeline = new MarkedPipeline(temporaryFolder(), 'auto');
    const fleet = await Fleet.start(pipeline.document, 1);
    const { faults, exitCodes, requests } = await runRollingUpdate(fleet, {
      address: fleet.addresses[0],
      mark: pipeline.mark,
      streams: 4,
      requests: 1,
      settled: () => Promise.resolve(),
    });
    await fleet.stop();
    expect([faults, exitCodes]).toEqual([[], [0]]);
    expect(requests).toBeGreaterThan(100);
  });

  it('does not wait longer than the drain timeout for a run that goes on', async () => {
    const path = pipelineFolder(busyModel(), {
      name: 'busy',
      input: { times: { dtype: 'int64', shape: [] } },
      inferencer: { execution: 'worker', threads: 1 },
    });
    const server = await startProcess(serveCommand(path, { options: ['--drain-timeout', '2s'] }));
    const client = new StockClient(server.ready.grpc);
    const times = { times: tensor('int64', [], BigInt64Array.of(1_000_000n)) };
    const outcome = client.call([request(1, times)]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const startedMs = performance.now();
    await server.stop();
    const endMs = performance.now() - startedMs;
    expect(endMs).toBeGreaterThan(1900);
    // The run takes a minute; whatever waits for it at all, waits for five seconds more at least.
    expect(endMs).toBeLessThan(5000);
    expect((await outcome).status.code).toBe(status.UNAVAILABLE);
    client.close();
  });
});

describeWith('Envoy', 'a rolling update behind Envoy', (program) => {
  it('loses no request while three servers are replaced, one after the other', async () => {
    const pipeline = new MarkedPipeline(temporaryFolder(), 'auto');
    const fleet = await Fleet.start(pipeline.document, 3);
    const { envoy, address } = await balance(program, fleet.addresses);
    const { faults, exitCodes, requests } = await runRollingUpdate(fleet, {
      address,
      mark: pipeline.mark,
      streams: 6,
      requests: 1000,
      settled: () => untilHealthy(envoy, 3),
    });
    await envoy.stop();
    await fleet.stop();
    expect([faults, exitCodes]).toEqual([[], [0, 0, 0]]);
    expect(requests).toBeGreaterThanOrEqual(1000);
  }, 60_000);
});
