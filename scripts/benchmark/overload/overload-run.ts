import { type ServerProcess } from '../../server-process';
import { percentile } from '../figures';
import { readSeries } from '../read-series';
import { FloodStream } from './flood-stream';

export interface OverloadOptions {
  readonly pipeline: string;
  /** Framed requests, sent in turn. */
  readonly frames: readonly Buffer[];
  readonly streams: number;
  /** Requests of each stream that are in flight while the peak is looked for. */
  readonly window: number;
  readonly peakSeconds: number;
  readonly overloadSeconds: number;
  /** How many times the peak is offered. */
  readonly times: number;
}

/** Good answers: by the clock, and by the CPU of the server, which other processes on the machine do not change. */
export interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

export interface OverloadResult {
  readonly peak: Rate;
  readonly good: Rate;
  readonly refusedPerSecond: number;
  /** Requests that were due and that flow control kept at the client. */
  readonly heldBackPerSecond: number;
  /** Latency of a client that sends fifty a second, before and during the overload, in milliseconds. */
  readonly quietMs: readonly number[];
  readonly overloadMs: readonly number[];
  readonly memoryMb: { readonly before: number; readonly peak: number; readonly after: number };
  /** From the end of the load until that client is answered as before and nothing is in flight. */
  readonly recoveryMs: number;
}

const PROBE_EVERY_MS = 20;
const LONGEST_RECOVERY_MS = 30_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A client that sends little, for the whole of the run: what it gets is what others get beside the flood. */
class Probe {
  private readonly due: number[] = [];
  private latencies: number[] = [];
  private readonly stream: FloodStream;
  private readonly timer: NodeJS.Timeout;

  constructor(address: string, frames: readonly Buffer[]) {
    this.stream = new FloodStream(address, () => {
      const sentMs = this.due.shift();
      if (sentMs !== undefined) this.latencies.push(performance.now() - sentMs);
    });
    this.timer = setInterval(() => {
      this.due.push(performance.now());
      this.stream.send(frames[this.stream.sent % frames.length]);
    }, PROBE_EVERY_MS);
  }

  /** Latencies since the last call, in milliseconds. */
  take(): readonly number[] {
    const taken = this.latencies;
    this.latencies = [];
    return taken;
  }

  close(): void {
    clearInterval(this.timer);
    this.stream.destroy();
  }
}

/** Finds the peak of a server, offers it many times that, and sees how it gets over it. */
export async function runOverload(server: ServerProcess, options: OverloadOptions): Promise<OverloadResult> {
  const peak = await findPeak(server, options);
  await untilIdle(server, options.pipeline);
  const probe = new Probe(server.ready.grpc, options.frames);
  await pause(2000);
  const quietMs = probe.take();
  const before = server.residentMb('now');
  const flood = await offer(server, options, peak.perSecond * options.times);
  const endMs = performance.now();
  const overloadMs = probe.take();
  const normalMs = Math.max(5, 2 * percentile(quietMs, 99));
  const recoveryMs = await recover(server, options.pipeline, probe, normalMs, endMs);
  probe.close();
  return {
    peak,
    ...flood,
    quietMs,
    overloadMs,
    memoryMb: { before, peak: server.residentMb('peak'), after: server.residentMb('now') },
    recoveryMs,
  };
}

/** Answers a second while each stream always has its window in flight. */
async function findPeak(server: ServerProcess, options: OverloadOptions): Promise<Rate> {
  const { frames, window, peakSeconds } = options;
  let good = 0;
  const streams = Array.from({ length: options.streams }, () => {
    const stream: FloodStream = new FloodStream(server.ready.grpc, (refused) => {
      if (!refused) good += 1;
      stream.send(frames[stream.sent % frames.length]);
    });
    for (let sent = 0; sent < window; sent += 1) stream.send(frames[sent % frames.length]);
    return stream;
  });
  await pause(1000);
  good = 0;
  const meter = startMeter(server);
  await pause(peakSeconds * 1000);
  const peak = meter().of(good);
  for (const stream of streams) stream.destroy();
  return peak;
}

async function offer(
  server: ServerProcess,
  options: OverloadOptions,
  perSecond: number,
): Promise<Pick<OverloadResult, 'good' | 'refusedPerSecond' | 'heldBackPerSecond'>> {
  const { frames, overloadSeconds } = options;
  let [good, refused, heldBack] = [0, 0, 0];
  const streams = Array.from(
    { length: options.streams },
    () => new FloodStream(server.ready.grpc, (isRefused) => (isRefused ? (refused += 1) : (good += 1))),
  );
  const meter = startMeter(server);
  const startMs = performance.now();
  let offered = 0;
  for (;;) {
    const elapsed = (performance.now() - startMs) / 1000;
    if (elapsed >= overloadSeconds) break;
    for (const due = elapsed * perSecond; offered < due; offered += 1) {
      const stream = streams[offered % streams.length];
      if (stream.isHeldBack) heldBack += 1;
      else stream.send(frames[offered % frames.length]);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const taken = meter();
  for (const stream of streams) stream.destroy();
  return {
    good: taken.of(good),
    refusedPerSecond: refused / taken.seconds,
    heldBackPerSecond: heldBack / taken.seconds,
  };
}

/** What is called at the end gives the time since, by the clock and by the server's CPU, and rates over it. */
function startMeter(server: ServerProcess): () => { readonly seconds: number; of(count: number): Rate } {
  const [startMs, startCpuMs] = [performance.now(), server.cpuMs()];
  return () => {
    const seconds = (performance.now() - startMs) / 1000;
    const cpuSeconds = (server.cpuMs() - startCpuMs) / 1000;
    return { seconds, of: (count) => ({ perSecond: count / seconds, perCpuSecond: count / cpuSeconds }) };
  };
}

async function recover(
  server: ServerProcess,
  pipeline: string,
  probe: Probe,
  normalMs: number,
  endMs: number,
): Promise<number> {
  for (;;) {
    await pause(100);
    const recent = probe.take();
    const inFlight = await readSeries(server.ready.http, `inference_in_flight{pipeline="${pipeline}"}`);
    const tookMs = performance.now() - endMs;
    const answered = recent.length > 0 && percentile(recent, 50) <= normalMs;
    // The probe itself may just have one or two in flight.
    if (answered && inFlight <= 2) return tookMs;
    if (tookMs > LONGEST_RECOVERY_MS) throw new Error('the server did not recover within half a minute');
  }
}

async function untilIdle(server: ServerProcess, pipeline: string): Promise<void> {
  while ((await readSeries(server.ready.http, `inference_in_flight{pipeline="${pipeline}"}`)) > 0)
    await pause(50);
}
