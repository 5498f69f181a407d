import { status } from '@grpc/grpc-js';
import { frame } from '../../../fixtures/wire-frame';
import { EXTENDED_SERVICE } from '../../../../runtime/services/extended/definition';
import { eventually } from '../../../fixtures/eventually';
import { FALL } from '../../../fixtures/fall-detection-windows';
import { FLOODS, openStream, resetStream } from '../../../fixtures/http2-floods';
import { readMetric } from '../../../fixtures/metric';
import {
  FLAG,
  FRAME,
  headerBlock,
  http2Frame,
  PREDICT,
  RawHttp2,
  settings,
} from '../../../fixtures/raw-http2';
import { recordingLog, type RecordingLog } from '../../../fixtures/recording-log';
import { FALL_DETECTION, startServer, type StartedServer } from '../../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../../fixtures/stock-client';

/** ENHANCE_YOUR_CALM of RFC 9113. */
const CALM = 0xb;
const INITIAL_WINDOW_SIZE = 4;

describe('a client that abuses HTTP/2', () => {
  let started: StartedServer;
  let recording: RecordingLog;
  let good: StockClient;
  let abuser: RawHttp2;

  beforeAll(async () => {
    recording = recordingLog('warn');
    started = await startServer(
      [FALL_DETECTION],
      { maxStreams: '50', unreadTimeout: '400ms' },
      recording.log,
    );
    good = new StockClient(started.grpc);
  });
  afterAll(async () => {
    good.close();
    await started.server.stop();
  });
  afterEach(() => abuser.destroy());

  const metric = (series: string): Promise<number> => readMetric(started.http, series);

  /** Streams that the abuser has got an answer on. */
  function answered(): number {
    return abuser.received.filter(({ type }) => type === FRAME.data).length;
  }

  /** Codes of the RST_STREAM frames that the abuser got. */
  function resetCodes(): number[] {
    return abuser.received
      .filter(({ type }) => type === FRAME.reset)
      .map(({ payload }) => payload.readUInt32BE(0));
  }

  /** Floods; a stream that was opened before has its answers all the while and after it. */
  async function floodBeside(
    next: (index: number) => Buffer,
    count: number,
    perWrite?: number,
  ): Promise<void> {
    const stream = good.open();
    const outcome = outcomeOf(stream);
    for (let id = 0; id < 5; id += 1) stream.write(request(id, { array: FALL.window }));
    abuser = await RawHttp2.open(started.grpc);
    await abuser.flood(next, count, perWrite);
    stream.write(request(5, { array: FALL.window }));
    stream.end();
    const { responses } = await outcome;
    expect(responses.map(({ id, error }) => [id, error])).toEqual(
      [0, 1, 2, 3, 4, 5].map((id) => [id, undefined]),
    );
  }

  it.each(['resets', 'pings', 'settings'] as const)(
    'is told to calm down and disconnected when it floods %s',
    async (reason) => {
      const closedBefore = await metric(`inference_connections_closed_total{reason="${reason}"}`);
      await floodBeside(FLOODS[reason], 20_000);
      await abuser.closed;
      expect(abuser.goaway).toEqual({ code: CALM, text: `too_many_${reason}` });
      expect(await metric(`inference_connections_closed_total{reason="${reason}"}`)).toBe(closedBefore + 1);
      expect(recording.lines).toContainEqual(
        expect.objectContaining({
          msg: 'connection closed',
          reason,
          peer: expect.stringMatching(/^127\.0\.0\.1:/) as string,
        }),
      );
    },
  );

  it('is disconnected when it resets streams that have been answered, many at a time', async () => {
    const message = frame(EXTENDED_SERVICE.predict.requestSerialize(request(1, { array: FALL.window })));
    const closedBefore = await metric('inference_connections_closed_total{reason="resets"}');
    abuser = await RawHttp2.open(started.grpc);
    let open = true;
    void abuser.closed.then(() => (open = false));
    for (let first = 1; open && first < 4000; first += 100) {
      const streams = Array.from({ length: 50 }, (_, index) => first + 2 * index);
      const wanted = answered() + 50;
      abuser.send(
        ...streams.flatMap((stream) => [openStream(stream), http2Frame(FRAME.data, 0, stream, message)]),
      );
      while (open && answered() < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
      // What windows have been used up is given back, or the server could not answer any more.
      abuser.send(http2Frame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0x80, 0])));
      abuser.send(...streams.map(resetStream));
    }
    await abuser.closed;
    expect(await metric('inference_connections_closed_total{reason="resets"}')).toBe(closedBefore + 1);
    const { status: end } = await good.call([request(1, { array: FALL.window })]);
    expect(end.code).toBe(status.OK);
  });

  it.each([
    ['sends empty DATA frames', FLOODS.emptyData],
    ['never ends its headers', FLOODS.endlessHeaders],
    ['has the server reset its streams, by windows that overflow', FLOODS.overflowingWindows],
  ])('is disconnected when it %s', async (_, next) => {
    const closedBefore = await metric('inference_connections_closed_total{reason="protocol"}');
    await floodBeside(next, 5000);
    await abuser.closed;
    await eventually(async () => {
      expect(await metric('inference_connections')).toBe(1);
      expect(await metric('inference_connections_closed_total{reason="protocol"}')).toBe(closedBefore + 1);
    });
  });

  it('has each stream with too many headers refused, before anything of it is kept', async () => {
    const names = Array.from({ length: 200 }, (_, n) => [`x-${n}`, 'v'.repeat(60)] as const);
    const block = headerBlock({ ...PREDICT, ...Object.fromEntries<string>(names) });
    const streams = 200;
    await floodBeside(
      (index) => http2Frame(FRAME.headers, FLAG.endHeaders, 2 * index + 1, block),
      streams,
      10,
    );
    await eventually(() => {
      const codes = resetCodes();
      expect([codes.length, new Set(codes)]).toEqual([streams, new Set([CALM])]);
    });
    expect(await metric('inference_streams{pipeline="fall-detection"}')).toBe(0);
  });

  it('cannot have more streams open than a connection may', async () => {
    const opened = await metric('inference_streams{pipeline="fall-detection"}');
    await floodBeside((index) => openStream(2 * index + 1), 60, 60);
    const text = await metric('inference_streams{pipeline="fall-detection"}');
    expect(text).toBeLessThanOrEqual(opened + 50);
    // REFUSED_STREAM: a client may send it again elsewhere.
    await eventually(() => expect(resetCodes()).toEqual(Array(10).fill(7)));
  });

  it.each([0, 1])(
    'has its stream reset when it leaves a window of %d bytes, and the memory is given back',
    async (window) => {
      const message = frame(EXTENDED_SERVICE.predict.requestSerialize(request(1, { array: FALL.window })));
      abuser = await RawHttp2.open(started.grpc, settings([[INITIAL_WINDOW_SIZE, window]]));
      const resetBefore = await metric('inference_streams_reset_total');
      abuser.send(openStream(1));
      for (let sent = 0; sent < 300; sent += 1) abuser.send(http2Frame(FRAME.data, 0, 1, message));
      await eventually(async () => {
        expect(await metric('inference_streams_reset_total')).toBe(resetBefore + 1);
        expect(await metric('inference_streams{pipeline="fall-detection"}')).toBe(0);
        expect(await metric('inference_in_flight{pipeline="fall-detection"}')).toBe(0);
      });
      expect(resetCodes()).toEqual([CALM]);
      expect(recording.of('stream reset: its client does not take its answers')).not.toEqual([]);
    },
  );
});

describe('a connection that a balancer shares among callers', () => {
  let started: StartedServer;
  let recording: RecordingLog;
  let balancer: RawHttp2;

  beforeEach(async () => {
    recording = recordingLog('debug');
    started = await startServer([FALL_DETECTION], {}, recording.log);
    balancer = await RawHttp2.open(started.grpc);
  });
  afterEach(async () => {
    balancer.destroy();
    await started.server.stop();
  });

  const message = frame(EXTENDED_SERVICE.predict.requestSerialize(request(1, { array: FALL.window })));
  const closed = (): Promise<number> =>
    readMetric(started.http, 'inference_connections_closed_total{reason="resets"}');
  const answersOn = (stream: number): number =>
    balancer.received.filter((received) => received.type === FRAME.data && received.stream === stream).length;
  const refused = (): number =>
    recording.of('call refused').filter(({ code }) => code === 'CANCELS_EXCEEDED').length;

  it.each([
    ['address', { 'x-forwarded-for': '8.8.8.8, 10.0.0.1' }, { 'x-forwarded-for': '8.8.8.8, 10.0.0.2' }],
    [
      'connection to the balancer',
      { forwarded: 'for="8.8.8.8:1", for="10.0.0.1:40000"' },
      { forwarded: 'for="8.8.8.8:1", for="10.0.0.1:40001"' },
    ],
    ['token', { authorization: 'Bearer one' }, { authorization: 'Bearer two' }],
  ])('goes on for the others when a caller, known by its %s, cancels too much', async (_, good, bad) => {
    const send = (stream: number): void => void balancer.send(http2Frame(FRAME.data, 0, stream, message));
    balancer.send(openStream(1, good));
    send(1);
    await eventually(() => expect(answersOn(1)).toBe(1));
    await balancer.flood(
      (index) => Buffer.concat([openStream(2 * index + 3, bad), resetStream(2 * index + 3)]),
      600,
      20,
    );
    await eventually(() => expect(refused()).toBeGreaterThan(300));
    const allowed = 600 - refused();
    expect(allowed).toBeGreaterThanOrEqual(200);

    balancer.send(openStream(2001, good));
    send(2001);
    send(1);
    await eventually(() => expect([answersOn(1), answersOn(2001)]).toEqual([2, 1]));
    expect(await closed()).toBe(0);
  });

  it('has new calls refused and open streams served where the balancer does not name its callers', async () => {
    balancer.send(openStream(1, { via: '2 gateway' }));
    await balancer.flood(
      (index) => Buffer.concat([openStream(2 * index + 3, { via: '2 gateway' }), resetStream(2 * index + 3)]),
      400,
      20,
    );
    await eventually(() => expect(refused()).toBeGreaterThan(100));
    balancer.send(http2Frame(FRAME.data, 0, 1, message));
    await eventually(() => expect(answersOn(1)).toBe(1));
    expect(await closed()).toBe(0);
  });

  it('is closed when its callers together cancel without measure', async () => {
    await balancer.flood(
      (index) =>
        Buffer.concat([
          openStream(2 * index + 1, { 'x-forwarded-for': `10.0.0.${index % 100}` }),
          resetStream(2 * index + 1),
        ]),
      20_000,
    );
    await balancer.closed;
    expect(balancer.goaway?.code).toBe(CALM);
    await eventually(async () => expect(await readMetric(started.http, 'inference_connections')).toBe(0));
  });
});

describe('a client that leaves as grpc-go does, with a GOAWAY that names its own stream', () => {
  const HEALTH = { ...PREDICT, ':path': '/grpc.health.v1.Health/Check', 'user-agent': 'kube-probe/1.33' };
  const goaway = (lastStream: number): Buffer => {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(lastStream, 0);
    return http2Frame(FRAME.goaway, 0, 0, payload);
  };

  it('is no abuse after an answer, however often it comes, and is abuse before one', async () => {
    const recording = recordingLog('debug');
    const { server, grpc, http } = await startServer([FALL_DETECTION], {}, recording.log);
    const closed = (): Promise<number> =>
      readMetric(http, 'inference_connections_closed_total{reason="protocol"}');
    for (let probe = 0; probe < 50; probe += 1) {
      const client = await RawHttp2.open(grpc);
      client.send(
        http2Frame(FRAME.headers, FLAG.endHeaders, 1, headerBlock(HEALTH)),
        http2Frame(FRAME.data, FLAG.endStream, 1, Buffer.alloc(5)),
      );
      await eventually(() =>
        expect(client.received.some(({ flags, stream }) => stream === 1 && flags & FLAG.endStream)).toBe(
          true,
        ),
      );
      client.send(goaway(1));
      await client.closed;
    }
    await eventually(async () => expect(await readMetric(http, 'inference_connections')).toBe(0));
    expect(await closed()).toBe(0);
    expect(recording.of('connection closed')).toEqual([]);
    expect(recording.of('client left')).toHaveLength(50);

    const stranger = await RawHttp2.open(grpc);
    stranger.send(goaway(1));
    await stranger.closed;
    await eventually(async () => expect(await closed()).toBe(1));
    await server.stop();
  });
});
