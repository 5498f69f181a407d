import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { type RuntimeOptions } from '../../../../runtime/config/runtime-options';
import { makeCertificates } from '../../../fixtures/certificates';
import { eventually } from '../../../fixtures/eventually';
import { FALL } from '../../../fixtures/fall-detection-windows';
import { readMetric } from '../../../fixtures/metric';
import { FRAME, http2Frame, RawHttp2 } from '../../../fixtures/raw-http2';
import { recordingLog, type RecordingLog } from '../../../fixtures/recording-log';
import { StallingProxy } from '../../../fixtures/stalling-proxy';
import { FALL_DETECTION, startServer, type StartedServer } from '../../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../../fixtures/stock-client';
import { temporaryFolder } from '../../../fixtures/temporary-folder';
import { itWith } from '../../../fixtures/tools';

const folder = temporaryFolder();

const STREAMS = 'inference_streams{pipeline="fall-detection"}';
const closedFor = (reason: string): string => `inference_connections_closed_total{reason="${reason}"}`;

describe('the connections of the server', () => {
  let started: StartedServer;
  let recording: RecordingLog;
  const open: { close(): void }[] = [];

  async function start(options: Partial<RuntimeOptions>): Promise<void> {
    recording = recordingLog('debug');
    started = await startServer([FALL_DETECTION], options, recording.log);
  }

  function client(address = started.grpc): StockClient {
    const made = new StockClient(address);
    open.push(made);
    return made;
  }

  const metric = (series: string): Promise<number> => readMetric(started.http, series);

  afterEach(async () => {
    for (const each of open.splice(0)) each.close();
    await started.server.stop();
  });

  it('are closed when their client is gone without a word, and their streams with them', async () => {
    await start({ keepaliveTime: '300ms', keepaliveTimeout: '200ms' });
    const proxy = await StallingProxy.start(started.grpc);
    const lost = client(proxy.address).open();
    const alive = client().open();
    const [, aliveOutcome] = [outcomeOf(lost), outcomeOf(alive)];
    lost.write(request(1, { array: FALL.window }));
    alive.write(request(1, { array: FALL.window }));
    await new Promise((resolve) => lost.once('data', resolve));
    expect(await metric(STREAMS)).toBe(2);
    proxy.stall();
    await eventually(async () => expect(await metric(STREAMS)).toBe(1));
    expect(await metric(closedFor('keepalive'))).toBe(1);
    expect(await metric('inference_connections')).toBe(1);
    expect(recording.of('connection closed')).toEqual([
      expect.objectContaining({ reason: 'keepalive', peer: expect.any(String) as string }),
    ]);
    // The other one has answered its pings all the while.
    alive.write(request(2, { array: FALL.window }));
    alive.end();
    expect((await aliveOutcome).responses.map(({ id }) => id)).toEqual([1, 2]);
    await proxy.stop();
  });

  it('are closed when HTTP/2 has given them up, though the client leaves them open', async () => {
    await start({ keepaliveTime: '300ms', keepaliveTimeout: '200ms' });
    const raw = await RawHttp2.open(started.grpc);
    raw.send(http2Frame(FRAME.data, 0, 1, Buffer.alloc(100_000)));
    await raw.closed;
    expect(await metric('inference_connections')).toBe(0);
  });

  it('end at their age without losing an answer, and their clients connect anew', async () => {
    await start({ maxConnectionAge: '300ms', maxConnectionAgeGrace: '5s' });
    const stock = client();
    const stream = stock.open();
    const outcome = outcomeOf(stream);
    let sent = 0;
    const timer = setInterval(() => stream.write(request(sent++, { array: FALL.window })), 5);
    const { responses, status: end } = await outcome;
    clearInterval(timer);
    expect(end).toMatchObject({ code: status.UNAVAILABLE, details: 'the connection is old; connect again' });
    expect(responses.map(({ id }) => id)).toEqual(responses.map((_, index) => index));
    expect(responses.length).toBeGreaterThan(10);
    expect(await metric(closedFor('age'))).toBe(1);
    const again = await stock.call([request(1, { array: FALL.window })]);
    expect(again.status.code).toBe(status.OK);
    await eventually(async () => expect(await metric('inference_connections')).toBe(1));
  });

  itWith('OpenSSL 3', 'are watched over TLS, too', async () => {
    makeCertificates(folder);
    const file = (name: string): string => join(folder, name);
    await start({
      tlsCert: file('server.crt'),
      tlsKey: file('server.key'),
      keepaliveTime: '300ms',
      keepaliveTimeout: '200ms',
    });
    const proxy = await StallingProxy.start(started.grpc);
    const secure = credentials.createSsl(readFileSync(file('ca.crt')));
    const lost = new StockClient(proxy.address, secure);
    open.push(lost);
    expect((await lost.call([request(1, { array: FALL.window })])).status.code).toBe(status.OK);
    expect(await metric('inference_connections')).toBe(1);
    proxy.stall();
    await eventually(async () => expect(await metric(closedFor('keepalive'))).toBe(1));
    await proxy.stop();
  });

  it('are cut when their streams do not end within the grace', async () => {
    await start({ maxConnectionAge: '100ms', maxConnectionAgeGrace: '100ms' });
    const stream = client().open();
    const outcome = outcomeOf(stream);
    const timer = setInterval(() => stream.write(request(1, { array: FALL.window })), 5);
    expect((await outcome).status.code).not.toBe(status.OK);
    clearInterval(timer);
    await eventually(async () => expect(await metric('inference_connections')).toBe(0));
  });

  it('are closed when they have had no stream for long, if that is asked for', async () => {
    await start({ maxConnectionIdle: '100ms' });
    const stock = client();
    await stock.call([request(1, { array: FALL.window })]);
    await eventually(async () => expect(await metric('inference_connections')).toBe(0));
    expect((await stock.call([request(1, { array: FALL.window })])).status.code).toBe(status.OK);
  });

  it('are refused beyond the most that there may be', async () => {
    await start({ maxConnections: '2' });
    const kept = [await RawHttp2.open(started.grpc), await RawHttp2.open(started.grpc)];
    await eventually(async () => expect(await metric('inference_connections')).toBe(2));
    const refused = await RawHttp2.open(started.grpc);
    await refused.closed;
    expect(refused.received).toEqual([]);
    expect(await metric('inference_connections_refused_total')).toBe(1);
    for (const each of kept) each.destroy();
    await eventually(async () => expect(await metric('inference_connections')).toBe(0));
    expect((await client().call([request(1, { array: FALL.window })])).status.code).toBe(status.OK);
  });

  it('hold hundreds of idle streams, which are counted, go on working, and are given back', async () => {
    await start({});
    const clients = [client(), client()];
    const streams = Array.from({ length: 500 }, (_, index) => clients[index % 2].open());
    const outcomes = streams.map((stream) => outcomeOf(stream));
    await eventually(async () => expect(await metric(STREAMS)).toBe(500));
    expect(await metric('inference_connections')).toBe(2);
    for (const [index, stream] of streams.entries()) {
      if (index % 50 === 0) stream.write(request(index, { array: FALL.window }));
      stream.end();
    }
    const ended = await Promise.all(outcomes);
    expect(new Set(ended.map(({ status: { code } }) => code))).toEqual(new Set([status.OK]));
    expect(ended.flatMap(({ responses }) => responses.map(({ id }) => id))).toHaveLength(10);
    await eventually(async () => expect(await metric(STREAMS)).toBe(0));
  });
});
