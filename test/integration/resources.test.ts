import { readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RepositoryClient } from '../../runtime/components/repository-client';
import { zeros } from '../../runtime/tensor/tensor';
import { encodeOnnxModel, OnnxGraph } from '../fixtures/models/onnx';
import { startProcess, serveCommand } from '../fixtures/server-process';
import { eventually } from '../fixtures/eventually';
import { FALL } from '../fixtures/fall-detection-windows';
import { startRepository } from '../fixtures/repository';
import { FALL_DETECTION, startServer } from '../fixtures/start-server';
import { StockClient, request } from '../fixtures/stock-client';
import { mountDisk } from '../fixtures/small-disk';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { itWith } from '../fixtures/tools';

const DESCRIPTORS = 64;

function open(address: string): Socket {
  const [host, port] = address.split(':');
  return connect(Number(port), host).on('error', () => undefined);
}

it('survives being out of file descriptors, says so once, and serves again when there are some', async () => {
  const limited = ['/bin/sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh'];
  const server = await startProcess([...limited, ...serveCommand(FALL_DETECTION)]);
  const { grpc, http } = server.ready;
  const sockets = Array.from({ length: 2 * DESCRIPTORS }, (_, index) => open(index % 2 ? grpc : http));
  const said = (words: string) => server.log.filter((line) => line.includes(words));
  await eventually(() => expect(said('out of file descriptors')).toHaveLength(1));
  expect(said('looking for changed pipelines failed').length).toBeLessThanOrEqual(1);
  sockets.forEach((socket) => socket.destroy());
  await eventually(() => expect(said('file descriptors are available again')).toHaveLength(1));
  const client = new StockClient(grpc);
  const { responses } = await client.call([request(1, { array: FALL.window })]);
  expect(responses.map(({ error }) => error)).toEqual([undefined]);
  client.close();
  expect((await fetch(`http://${http}/metrics`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
}, 30_000);

itWith(
  'right to mount',
  'refuses a component that the disk has no room for, says so, and leaves nothing behind',
  async () => {
    const disk = mountDisk('1m');
    const repository = await startRepository();
    const client = new RepositoryClient(repository.url);
    const graph = new OnnxGraph('large');
    graph.input('x', 'float32', [1, 1024]);
    const weights = graph.constant('weights', zeros('float32', [1024, 512]));
    graph.output(graph.node('MatMul', ['x', weights], { name: 'y' }), 'float32', [1, 512]);
    const file = join(temporaryFolder({ 'model.onnx': encodeOnnxModel(graph) }), 'model.onnx');
    await client.register({ kind: 'model', name: 'large', version: '1' }, {});
    await client.upload({ kind: 'model', name: 'large', version: '1' }, file, { fileName: 'model.onnx' });
    const path = join(temporaryFolder(), 'pipeline.yaml');
    const input = { x: { dtype: 'float32', shape: [1, 1024] } };
    writeFileSync(path, stringify({ name: 'large', input, model: { name: 'large', version: '1' } }));
    const started = startServer([path], { repository: repository.url, components: [disk.path] });
    await expect(started).rejects.toThrow(/model: .*ENOSPC/);
    expect(readdirSync(disk.path)).toEqual([]);
    await repository.stop();
    disk.unmount();
  },
);
