import { connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { frame } from '../../fixtures/wire-frame';
import { tensor, zeros } from '../../../runtime/tensor/tensor';
import { eventually } from '../../fixtures/eventually';
import { readMetric } from '../../fixtures/metric';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { PREDICT } from '../../fixtures/raw-http2';
import { startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../fixtures/stock-client';

const VALUES = 64 * 1024;
const ANSWER_BYTES = 4 * VALUES;

describe('clients that do not read their answers', () => {
  let started: StartedServer;
  const clients: StockClient[] = [];

  beforeEach(async () => {
    const path = pipelineFolder(identityModel('float32', ['n']), {
      name: 'large',
      input: { x: { dtype: 'float32', shape: ['n'] } },
      admission: { maxRequests: 32 },
    });
    started = await startServer([path], { maxUnread: '4MiB', unreadTimeout: '30s' });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await started.server.stop();
  });

  const metric = (series: string): Promise<number> => readMetric(started.http, series);
  const client = (): StockClient => {
    const made = new StockClient(started.grpc);
    clients.push(made);
    return made;
  };

  it('stop their own streams only: they hold no place at the gate, and memory that is bounded for all of them', async () => {
    const message = EXTENDED_SERVICE.predict.requestSerialize(request(1, { x: zeros('float32', [VALUES]) }));
    const sessions = Array.from({ length: 20 }, () => {
      const session = connect(`http://${started.grpc}`, { maxSessionMemory: 1000 });
      // Nobody listens to its data: what its window of 64 KiB holds is all that is taken.
      const stream = session.request(PREDICT, { endStream: false }).pause();
      for (const each of [session, stream]) each.on('error', () => undefined);
      for (let sent = 0; sent < 40; sent += 1) stream.write(frame(message));
      return session;
    });
    await eventually(async () => {
      const held = await metric('inference_unread_bytes');
      expect(held).toBeGreaterThan(2 ** 20);
      expect(await metric('inference_in_flight{pipeline="large"}')).toBe(0);
    });
    // Twenty times forty answers were 200 MiB. Each stream may always have one, and one more while that is computed.
    expect(await metric('inference_unread_bytes')).toBeLessThan(4 * 2 ** 20 + 2 * 20 * ANSWER_BYTES);
    const { responses, status: end } = await client().call(
      Array.from({ length: 30 }, (_, id) =>
        request(id, { x: tensor('float32', [2], Float32Array.of(id, id)) }),
      ),
    );
    expect(end.code).toBe(status.OK);
    expect(responses.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, id) => id));
    for (const session of sessions) session.destroy();
    await eventually(async () => {
      expect(await metric('inference_unread_bytes')).toBe(0);
      expect(await metric('inference_streams{pipeline="large"}')).toBe(0);
    });
  });

  it('get all of their answers when they read again', async () => {
    const stream = client().open();
    const outcome = outcomeOf(stream);
    stream.pause();
    for (let id = 0; id < 60; id += 1) stream.write(request(id, { x: zeros('float32', [VALUES]) }));
    stream.end();
    await eventually(async () => expect(await metric('inference_unread_bytes')).toBeGreaterThan(0));
    stream.resume();
    const { responses } = await outcome;
    expect(responses.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, id) => id));
    await eventually(async () => expect(await metric('inference_unread_bytes')).toBe(0));
  });
});
