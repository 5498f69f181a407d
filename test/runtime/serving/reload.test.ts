import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../runtime/tensor/tensor';
import { eventually } from '../../fixtures/eventually';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

function scaling(factor: number): string {
  return pipelineFolder(identityModel('float32'), {
    name: 'tested',
    input: { x: { dtype: 'float32', shape: ['batch', 2] } },
    preprocessing: [{ use: 'scale', factor }],
  });
}

describe('a changed pipeline', () => {
  let started: StartedServer;
  let client: StockClient;
  let path: string;

  beforeEach(async () => {
    path = scaling(2);
    started = await startServer([path]);
    client = new StockClient(started.grpc);
  });
  afterEach(async () => {
    client.close();
    await started.server.stop();
  });

  async function factor(): Promise<number> {
    const { responses } = await client.call([
      request(1, { x: tensor('float32', [1, 2], Float32Array.of(1, 1)) }),
    ]);
    const [[name, proto]] = responses[0].tensors;
    return toTensor(proto, name).data[0] as number;
  }

  async function reloads(outcome: string): Promise<number> {
    const text = await (await fetch(`http://${started.http}/metrics`)).text();
    const line = new RegExp(
      `^inference_reloads_total\\{pipeline="tested",outcome="${outcome}"\\} (\\d+)$`,
      'm',
    ).exec(text);
    return Number(line?.[1] ?? 0);
  }

  it('is swapped in without losing a request of a stream that goes on', async () => {
    const stream = client.open();
    const factors: number[] = [];
    stream.on('data', (response: { tensors: [string, never][] }) => {
      const [[name, proto]] = response.tensors;
      factors.push(toTensor(proto, name).data[0] as number);
    });
    const ended = new Promise((resolve) => stream.on('end', resolve));
    let sent = 0;
    const send = (): boolean =>
      stream.write(request(sent++, { x: tensor('float32', [1, 2], Float32Array.of(1, 1)) }));
    const timer = setInterval(send, 1);
    writeFileSync(path, readFileSync(path, 'utf8').replace('factor: 2', 'factor: 3'));
    await eventually(() => expect(factors.at(-1)).toBe(3));
    clearInterval(timer);
    stream.end();
    await ended;
    expect(factors).toHaveLength(sent);
    expect(factors).toEqual([...factors].sort());
    expect(new Set(factors)).toEqual(new Set([2, 3]));
    expect(await reloads('ok')).toBe(1);
  });

  it('that cannot serve is refused, and the one before goes on', async () => {
    const good = readFileSync(path, 'utf8');
    for (const [bad, times] of [
      [good.replace('scale', 'scall'), 1],
      [`${good}\nname: [`, 2],
      [good.replace('name: tested', 'name: renamed'), 3],
    ] as const) {
      writeFileSync(path, bad);
      await eventually(async () => expect(await reloads('refused')).toBe(times));
      expect(await factor()).toBe(2);
    }
    rmSync(join(dirname(path), 'components'), { recursive: true });
    await eventually(async () => expect(await reloads('refused')).toBe(4));
    expect(await factor()).toBe(2);
  });

  it('is taken again once it can serve', async () => {
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, good.replace('factor: 2', 'factor: many'));
    await eventually(async () => expect(await reloads('refused')).toBe(1));
    writeFileSync(path, good.replace('factor: 2', 'factor: 5'));
    await eventually(async () => expect(await factor()).toBe(5));
  });
});
