import { once } from 'node:events';
import { parseProfile } from '../../../../contracts/benchmark/read-profile';
import { measurement, type Measurement } from '../../../../contracts/benchmark/run-results';
import {
  runProfile,
  type ProfileRun,
  type RunOptions,
} from '../../../../scripts/benchmark/driver/run-profile';
import { type RunProgress } from '../../../../scripts/benchmark/driver/progress-display';
import { FALL_DETECTION, startServer, type StartedServer } from '../../../fixtures/start-server';
import { echo, respond, StreamServer } from '../../../fixtures/stream-server';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

// Load of a fraction of a second, driven from this process: what is measured is what happens, never how fast it is.
const SHORT = 'warmUp: 100ms, measure: 500ms, drain: 5s, limits: { lateness: 10s, cpuShare: 100 }';

// Without a schedule nothing is due while the machine is busy with other things: there must be more of it.
const LONGER = SHORT.replace('500ms', '1500ms');

function run(document: string, address: string, options: Partial<RunOptions> = {}): Promise<ProfileRun> {
  return runProfile(
    parseProfile(document, 'profile', options.deployment ?? '.'),
    { address },
    { deployment: 'test', inProcess: true, ...options },
  );
}

/** What must hold of every measurement. */
function expectConsistent(found: Measurement): void {
  measurement.parse(found);
  const { counts, fromDue, fromSent, perClient, seconds } = found;
  expect(counts.sent).toBe(counts.answered + counts.failed + counts.lost);
  expect(fromDue.count).toBe(counts.answered);
  expect(fromSent.count).toBe(counts.answered);
  expect(perClient.map(({ client }) => client)).toEqual(Array.from({ length: found.clients }, (_, i) => i));
  expect(perClient.reduce((sum, { answered }) => sum + answered, 0)).toBe(counts.answered);
  expect(seconds.reduce((sum, { sent }) => sum + sent, 0)).toBe(counts.sent);
  expect(fromDue.buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(counts.answered);
}

describe('runProfile with a real server', () => {
  let started: StartedServer;
  beforeAll(async () => {
    started = await startServer([FALL_DETECTION]);
  });
  afterAll(() => started.server.stop());

  it('measures every number of clients and devices, and has each request answered', async () => {
    const told: Measurement[] = [];
    const progress: RunProgress[] = [];
    const { measurements, endedEarly } = await run(
      `{ profile: fall-detection, clients: [1, 3], devices: [2, 20], rate: 4, ${SHORT} }`,
      started.grpc,
      { onMeasurement: (found) => told.push(found), onProgress: (now) => progress.push(now) },
    );
    expect(endedEarly).toBeUndefined();
    expect(measurements.map(({ clients, devices }) => [clients, devices])).toEqual([
      [1, 2],
      [1, 20],
      [3, 2],
      [3, 20],
    ]);
    for (const found of measurements) {
      expectConsistent(found);
      // Half a second at four a second: each device was due twice.
      expect(found.counts).toMatchObject({ due: 2 * found.clients * found.devices!, failed: 0, lost: 0 });
      expect(found.counts.answered).toBe(found.counts.due);
      expect(found.driver.lateness.count).toBe(found.counts.sent);
      expect(found.invalid).toEqual([]);
    }
    expect(told).toEqual(measurements);
    expect(new Set(progress.map(({ phase }) => phase))).toContain('measuring');
    expect(progress.at(-1)).toMatchObject({ cell: 4, cells: 4, inFlight: 0 });
  });

  it.each([
    ['closed-loop', `{ profile: closed-loop, clients: 2, inFlight: 4, ${LONGER} }`],
    ['steps', `{ profile: steps, clients: 2, rates: [100], ${SHORT} }`],
    ['burst', `{ profile: burst, clients: 2, burst: { requests: 50, every: 200ms }, rate: 20, ${SHORT} }`],
    [
      'custom',
      `{ profile: custom, data: { use: fall-detection, dtype: int16 }, load: { rates: [50] }, ${SHORT} }`,
    ],
    ['the stock client', `{ profile: steps, client: stock, clients: 2, rates: [100], ${SHORT} }`],
  ])('measures with %s', async (_, document) => {
    const { measurements, endedEarly } = await run(document, started.grpc);
    expect(endedEarly).toBeUndefined();
    expect(measurements).toHaveLength(1);
    expectConsistent(measurements[0]);
    expect(measurements[0]).toMatchObject({ counts: { failed: 0, lost: 0 }, invalid: [] });
    expect(measurements[0].counts.answered).toBeGreaterThanOrEqual(10);
  });

  it('keeps no more in flight in a closed loop than it was told to', async () => {
    const { measurements } = await run(
      `{ profile: closed-loop, clients: 2, inFlight: 4, ${LONGER} }`,
      started.grpc,
    );
    expect(measurements[0].inFlight.max).toBeLessThanOrEqual(8);
    expect(measurements[0].inFlight.max).toBeGreaterThanOrEqual(4);
  });

  it('reads the metrics of the server and of a process, and leaves out with a word what is not there', async () => {
    const warnings: string[] = [];
    const { measurements } = await run(
      `{ profile: steps, clients: 1, rates: [100, 100], scrapeInterval: 100ms, ${SHORT} }`,
      started.grpc,
      {
        scrape: { runtime: `http://${started.http}/metrics`, envoy: 'http://127.0.0.1:9/stats/prometheus' },
        watch: { itself: process.pid },
        onWarning: (message) => warnings.push(message),
      },
    );
    expect(measurements[0].resources.map(({ target }) => target)).toEqual(['runtime', 'itself']);
    const [runtime, itself] = measurements[0].resources;
    expect(runtime.memoryBytes).toBeGreaterThan(10_000_000);
    expect(runtime.meanBatchSize).toBeGreaterThanOrEqual(1);
    expect(runtime.cpuCores).toBeGreaterThan(0);
    expect(itself.samples.length).toBeGreaterThanOrEqual(2);
    expect(warnings).toEqual([expect.stringMatching(/^envoy \(http:.*\) cannot be read and is left out: /)]);
  });

  it('tells which data the pipeline refuses, and why, before any load', async () => {
    const folder = temporaryFolder({ 'a.csv': '1,2\n3,4\n' });
    const { measurements, endedEarly } = await run(
      `{ profile: custom, data: { use: files, inputs: [{ name: array, file: a.csv, dtype: int16 }] }, load: { rates: [10] }, ${SHORT} }`,
      started.grpc,
      { deployment: folder },
    );
    expect(measurements).toEqual([]);
    expect(endedEarly).toMatch(/refuses the first request: INVALID_ARGUMENT: .*array.*9, 3/s);
  });

  it('tells of a pipeline that the server does not have', async () => {
    const { endedEarly } = await run(
      `{ profile: steps, rates: [10], pipeline: nobody, ${SHORT} }`,
      started.grpc,
    );
    expect(endedEarly).toMatch(/does not answer the first request: NOT_FOUND: .*nobody/);
  });
});

describe('runProfile with a server that has its faults', () => {
  let server: StreamServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it.each(['raw', 'stock'])('says that there is none (%s)', async (client) => {
    const gone = await StreamServer.start(echo);
    await gone.stop();
    const { measurements, endedEarly } = await run(
      `{ profile: steps, client: ${client}, rates: [10], ${SHORT} }`,
      gone.address,
    );
    expect(measurements).toEqual([]);
    expect(endedEarly).toMatch(`no connection to a gRPC server at ${gone.address}: `);
  });

  it('counts from when a request was due, so that a stall shows in every request that it held up', async () => {
    server = await StreamServer.start((stream, index) => {
      respond(stream);
      stream.on('data', (bytes: Buffer) => stream.write(bytes));
      stream.on('end', () => stream.end());
      // The first stream is the probe's.
      if (index === 0) return;
      setTimeout(() => {
        stream.pause();
        setTimeout(() => stream.resume(), 300);
      }, 400);
    });
    // Sixteen kilobytes a request: what may be sent before the server reads again are a few requests.
    const folder = temporaryFolder({ 'big.json': JSON.stringify(Array<number>(4096).fill(1.5)) });
    const { measurements } = await run(
      `{ profile: custom, data: { use: files, inputs: [{ name: x, file: big.json }] }, load: { rates: [200] }, warmUp: 0s, measure: 1s }`,
      server.address,
      { deployment: folder },
    );
    const [{ fromDue, fromSent, counts, inFlight }] = measurements;
    expect(counts).toMatchObject({ due: 200, answered: 200, lost: 0 });
    // No more was sent than the server had room for.
    expect(inFlight.max).toBeLessThanOrEqual(20);
    expect(fromDue.max).toBeGreaterThanOrEqual(250);
    // Most of what was due meanwhile could not be sent before the server read again: that wait is only in `fromDue`.
    expect((fromDue.mean - fromSent.mean) * counts.answered).toBeGreaterThanOrEqual(3_000);
  });

  it('ends when the server goes away, and keeps what it has measured', async () => {
    server = await StreamServer.start(echo);
    setTimeout(() => void server?.stop(), 500);
    const { measurements, endedEarly } = await run(
      `{ profile: steps, clients: 2, rates: [200, 100], warmUp: 0s, measure: 10s, drain: 5s }`,
      server.address,
    );
    server = undefined;
    expect(endedEarly).toMatch(/went away from client \d: the connection was lost/);
    expect(measurements).toHaveLength(1);
    expectConsistent(measurements[0]);
    expect(measurements[0].counts.answered).toBeGreaterThan(10);
    expect(measurements[0].measuredSeconds).toBeLessThan(10);
    expect(measurements[0].invalid[0]).toMatch(/^ended after \d\.\d s of measuring: .* went away/);
  });

  it('gives up on a server that takes requests and answers none', async () => {
    server = await StreamServer.start((stream) => {
      respond(stream);
      stream.resume();
    });
    const { measurements, endedEarly } = await run(
      '{ profile: steps, rates: [10], measure: 200ms, drain: 100ms }',
      server.address,
    );
    expect(measurements).toEqual([]);
    expect(endedEarly).toMatch(/has not answered the first request within 1000 ms/);
  });

  it('counts as lost what is sent and never answered', async () => {
    server = await StreamServer.start((stream, index) => {
      if (index === 0) return echo(stream);
      respond(stream);
      stream.resume();
    });
    const { measurements, endedEarly } = await run(
      '{ profile: steps, clients: 1, rates: [50, 50], warmUp: 0s, measure: 200ms, drain: 100ms, limits: { lateness: 10s } }',
      server.address,
    );
    expect(measurements).toHaveLength(1);
    expect(measurements[0]).toMatchObject({
      counts: { due: 10, sent: 10, answered: 0, lost: 10 },
      answersPerSecond: 0,
      invalid: ['none of 10 requests was answered'],
    });
    expect(endedEarly).toMatch(/none of 10 requests was answered/);
  });

  it('counts the failures of a stream that ends with a status by its code, and opens it again', async () => {
    let answered = 0;
    server = await StreamServer.start((stream, index) => {
      respond(stream, index === 0 ? '0' : '8', index === 0 ? '' : 'queue%20full');
      stream.on('data', (bytes: Buffer) => {
        stream.write(bytes);
        answered += 1;
        if (answered % 5 === 0 && index > 0) stream.end();
      });
      stream.on('end', () => stream.end());
    });
    const { measurements, endedEarly } = await run(
      '{ profile: steps, clients: 1, rates: [100], warmUp: 0s, measure: 500ms, drain: 1s, limits: { lateness: 10s, cpuShare: 100 } }',
      server.address,
    );
    expect(endedEarly).toBeUndefined();
    expect(server.streams.length).toBeGreaterThan(3);
    expectConsistent(measurements[0]);
    expect(measurements[0].counts.answered).toBeGreaterThan(10);
    expect(
      Object.keys(measurements[0].counts.byCode).filter((code) => code !== 'RESOURCE_EXHAUSTED'),
    ).toEqual([]);
  });

  it.each([
    ['is not found', (status: number) => status, 404, 'HTTP status 404'],
    ['is forbidden to it', (status: number) => status, 403, 'HTTP status 403'],
  ])('says when the service %s', async (_, of, status, message) => {
    server = await StreamServer.start((stream) => {
      stream.respond({ ':status': of(status) });
      stream.end();
    });
    const { endedEarly } = await run(`{ profile: steps, rates: [10], ${SHORT} }`, server.address);
    expect(endedEarly).toContain(message);
  });

  it('says when an answer is not a message of the service', async () => {
    server = await StreamServer.start((stream) => {
      respond(stream);
      stream.write(Buffer.from('hello, this is not gRPC'));
    });
    const { endedEarly } = await run(`{ profile: steps, rates: [10], ${SHORT} }`, server.address);
    expect(endedEarly).toMatch(/is not a message of the service/);
  });

  it('does not count a measurement whose answers belong to other requests', async () => {
    server = await StreamServer.start((stream) => {
      respond(stream);
      // Every answer has the id 0.
      stream.on('data', () => stream.write(Buffer.alloc(5)));
      stream.on('end', () => stream.end());
    });
    const { measurements } = await run(`{ profile: steps, rates: [100], ${SHORT} }`, server.address);
    expect(measurements[0].invalid).toContainEqual(
      expect.stringMatching(/answers had the id of another request/),
    );
  });

  it('does not count a measurement in which the driver was late', async () => {
    server = await StreamServer.start(echo);
    const busy = setInterval(() => {
      const untilMs = performance.now() + 40;
      while (performance.now() < untilMs);
    }, 50);
    const { measurements, endedEarly } = await run(
      '{ profile: steps, clients: 1, rates: [500], warmUp: 100ms, measure: 500ms, limits: { cpuShare: 0.05 } }',
      server.address,
    );
    clearInterval(busy);
    expect(endedEarly).toBeUndefined();
    const [{ driver, invalid, counts }] = measurements;
    expect(driver.lateness.max).toBeGreaterThanOrEqual(20);
    expect(counts.answered).toBe(counts.due);
    expect(invalid).toEqual([
      expect.stringMatching(/^the driver was the bottleneck: it used \d+ % of a core \(limit 5 %\)$/),
      expect.stringMatching(
        /^the driver was the bottleneck: it sent one request in a hundred .* late or later \(limit [\d.]+ ms\)$/,
      ),
    ]);
  });

  it('keeps what it has measured when it is told to stop', async () => {
    server = await StreamServer.start(echo);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopped by SIGINT')), 700);
    const { measurements, endedEarly } = await run(
      '{ profile: closed-loop, clients: 1, inFlight: [2, 4], warmUp: 100ms, measure: 30s, limits: { cpuShare: 100 } }',
      server.address,
      { signal: stop.signal },
    );
    expect(endedEarly).toBe('stopped by SIGINT');
    expect(measurements).toHaveLength(1);
    expectConsistent(measurements[0]);
    expect(measurements[0].invalid).toContainEqual(
      expect.stringMatching(/^ended after .*: stopped by SIGINT$/),
    );
  });
});

it('tells that an address is not one of a gRPC server', async () => {
  const { createServer } = await import('node:http');
  const http = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as { port: number };
  const { endedEarly } = await run(`{ profile: steps, rates: [10], ${SHORT} }`, `127.0.0.1:${port}`);
  http.closeAllConnections();
  http.close();
  expect(endedEarly).toMatch(`no connection to a gRPC server at 127.0.0.1:${port}: `);
});
