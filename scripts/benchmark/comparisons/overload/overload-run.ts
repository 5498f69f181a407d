import { setTimeout as pause } from 'node:timers/promises';
import { type ServerProcess } from '../../../server-process';
import { percentile } from '../figures';
import { readSeries } from '../served';
import { FloodStream } from './flood-stream';

export interface OverloadOptions {
  readonly pipeline: string;
  /** Framed requests, sent in turn. */
  readonly frames: readonly Buffer[];
  readonly streams: number;
  /** Requests of each stream in flight while the peak is measured. */
  readonly window: number;
  readonly peakSeconds: number;
  readonly overloadSeconds: number;
  /** The offered load, in multiples of the peak. */
  readonly times: number;
}

/** Good answers: by the clock, and by the server's CPU, which other processes on the machine do not change. */
interface Rate {
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

/** A client that sends little during the whole run, and measures what the flood does to others. */
class Probe {
  private readonly dueMs: number[] = [];
  private readonly latencies: number[] = [];
  private readonly stream: FloodStream;
  private readonly timer: NodeJS.Timeout;

  constructor(address: string, frames: readonly Buffer[]) {
    this.stream = new FloodStream(address, () => {
      this.latencies.push(performance.now() - this.dueMs.shift()!);
    });
    this.timer = setInterval(() => {
      this.dueMs.push(performance.now());
      this.stream.send(frames[this.stream.sent % frames.length]);
    }, PROBE_EVERY_MS);
  }

  /** Latencies since the last call, in milliseconds. */
  take(): readonly number[] {
    return this.latencies.splice(0);
  }

  close(): void {
    clearInterval(this.timer);
    this.stream.destroy();
  }
}

/** Finds the peak of a server, offers it a multiple of that, and waits until it has recovered. */
export async function runOverload(server: ServerProcess, options: OverloadOptions): Promise<OverloadResult> {
  const inFlight = (): Promise<number> =>
    readSeries(server, `inference_in_flight{pipeline="${options.pipeline}"}`);
  const peak = await findPeak(server, options);
  while ((await inFlight()) > 0) await pause(50);
  const probe = new Probe(server.ready.grpc, options.frames);
  await pause(2000);
  const quietMs = probe.take();
  const before = server.residentMb('now');
  const flood = await offer(server, options, peak.perSecond * options.times);
  const endMs = performance.now();
  const overloadMs = probe.take();
  const normalMs = Math.max(5, 2 * percentile(quietMs, 99));
  const recoveryMs = await recover(probe, inFlight, normalMs, endMs);
  probe.close();
  const memoryMb = { before, peak: server.residentMb('peak'), after: server.residentMb('now') };
  return { peak, ...flood, quietMs, overloadMs, memoryMb, recoveryMs };
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
  const peak = meter.rateOf(good);
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
  let offered = 0;
  for (let now = 0; now < overloadSeconds; now = meter.seconds()) {
    for (const due = now * perSecond; offered < due; offered += 1) {
      const stream = streams[offered % streams.length];
      if (stream.isHeldBack) heldBack += 1;
      else stream.send(frames[offered % frames.length]);
    }
    await pause(1);
  }
  const rates = {
    good: meter.rateOf(good),
    refusedPerSecond: meter.rateOf(refused).perSecond,
    heldBackPerSecond: meter.rateOf(heldBack).perSecond,
  };
  for (const stream of streams) stream.destroy();
  return rates;
}

/** Seconds since now, and counts since now as rates. */
function startMeter(server: ServerProcess): { seconds: () => number; rateOf: (count: number) => Rate } {
  const [startMs, startCpuMs] = [performance.now(), server.cpuMs()];
  const seconds = (): number => (performance.now() - startMs) / 1000;
  return {
    seconds,
    rateOf: (count) => ({
      perSecond: count / seconds(),
      perCpuSecond: (count * 1000) / (server.cpuMs() - startCpuMs),
    }),
  };
}

async function recover(
  probe: Probe,
  inFlight: () => Promise<number>,
  normalMs: number,
  endMs: number,
): Promise<number> {
  for (;;) {
    await pause(100);
    const recent = probe.take();
    const left = await inFlight();
    const tookMs = performance.now() - endMs;
    const answered = recent.length > 0 && percentile(recent, 50) <= normalMs;
    // The probe itself may have one or two in flight.
    if (answered && left <= 2) return tookMs;
    if (tookMs > LONGEST_RECOVERY_MS) throw new Error('the server did not recover within half a minute');
  }
}
