import { connect } from 'node:http2';
import { join } from 'node:path';
import { EXTENDED_SERVICE } from '../../runtime/services/extended/definition';
import { zeros } from '../../runtime/tensor/tensor';
import { frame } from '../fixtures/wire-frame';
import { ROOT } from '../fixtures/package';
import { type ServerProcess, startProcess } from '../fixtures/server-process';
import { FLOODS } from '../fixtures/http2-floods';
import { identityModel } from '../fixtures/models/tiny-models';
import { pipelineFolder } from '../fixtures/pipeline-folder';
import { PREDICT, RawHttp2 } from '../fixtures/raw-http2';
import { StockClient, request } from '../fixtures/stock-client';

const CLIENTS = 20;
const VALUES = 64 * 1024;
const ANSWERS = 40;

describe('the memory of a server', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const document = pipelineFolder(identityModel('float32', ['n']), {
      name: 'large',
      input: { x: { dtype: 'float32', shape: ['n'] } },
      admission: { maxRequests: 32 },
    });
    const program = join(ROOT, 'lib/runtime/main.js');
    const addresses = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    server = await startProcess([program, 'serve', document, ...addresses, '--max-unread', '8MiB']);
  });
  afterAll(async () => void (await server.stop()));

  async function isServed(): Promise<void> {
    const client = new StockClient(server.ready.grpc);
    const { responses } = await client.call([request(7, { x: zeros('float32', [VALUES]) })]);
    expect(responses.map(({ id, error }) => [id, error])).toEqual([[7, undefined]]);
    client.close();
  }

  /** Floods from many connections at once; the peak of the memory then, in megabytes. */
  async function peakAfter(flood: (index: number) => Buffer): Promise<number> {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => RawHttp2.open(server.ready.grpc)),
    );
    await Promise.all(clients.map((client) => client.flood(flood, 5000)));
    await isServed();
    for (const client of clients) client.destroy();
    return server.residentMb('peak');
  }

  it.each(Object.entries(FLOODS))('does not grow with %s that go on', async (_, flood) => {
    const once = await peakAfter(flood);
    await peakAfter(flood);
    // What is kept of each frame or stream would be a hundred thousand times as much each time.
    expect(await peakAfter(flood)).toBeLessThan(once + 100);
  });

  it('does not grow with answers that nobody reads', async () => {
    const message = frame(
      EXTENDED_SERVICE.predict.requestSerialize(request(1, { x: zeros('float32', [VALUES]) })),
    );
    const beforeMb = server.residentMb('peak');
    const sessions = Array.from({ length: CLIENTS }, () => {
      const session = connect(`http://${server.ready.grpc}`, { maxSessionMemory: 1000 });
      const stream = session.request(PREDICT, { endStream: false }).pause();
      for (const each of [session, stream]) each.on('error', () => undefined);
      for (let sent = 0; sent < ANSWERS; sent += 1) stream.write(message);
      return session;
    });
    await isServed();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await isServed();
    // All requests and their answers were more than 400 MB.
    expect(server.residentMb('peak')).toBeLessThan(beforeMb + 150);
    for (const session of sessions) session.destroy();
  });
});
