import { build, type Histogram } from 'hdr-histogram-js';
import { RawGrpcStream } from './raw-grpc-stream';

export interface OpenLoopOptions {
  readonly address: string;
  readonly path: string;
  readonly frames: readonly Buffer[];
  /** Sent with each stream, e.g. `x-pipeline`. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Connections, a stream each. */
  readonly clients: number;
  /** Devices that a connection multiplexes. */
  readonly devices: number;
  /** Requests a second of one device. */
  readonly rateHz: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface OpenLoopResult {
  /** Microseconds from the time at which a request was due to its answer. */
  readonly latencyUs: Histogram;
  readonly sent: number;
  readonly answered: number;
}

/**
 * Each device sends at its own times, whether or not answers come: a slow server does not slow the load down, and latency
 * counts from when a request was due.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { clients, devices, rateHz, warmUpMs, durationMs } = options;
  const latencyUs = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const intervalMs = 1000 / rateHz / devices;
  const startMs = performance.now() + 50;
  let answered = 0;
  let sent = 0;
  const streams = Array.from({ length: clients }, (_, client) => {
    const due: number[] = [];
    let head = 0;
    const stream = new RawGrpcStream(
      options.address,
      options.path,
      (count) => {
        const nowMs = performance.now();
        for (let index = 0; index < count; index += 1) {
          const dueMs = due[head++];
          answered += 1;
          if (dueMs >= startMs + warmUpMs)
            latencyUs.recordValue(Math.max(1, Math.round((nowMs - dueMs) * 1000)));
        }
      },
      options.metadata,
    );
    // Devices of a connection are spread evenly over their period, connections against each other.
    return { stream, due, nextMs: startMs + (client / clients) * intervalMs };
  });
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const nowMs = performance.now();
      for (const state of streams) {
        while (state.nextMs <= nowMs && state.nextMs < startMs + warmUpMs + durationMs) {
          state.due.push(state.nextMs);
          state.stream.write(options.frames[sent++ % options.frames.length]);
          state.nextMs += intervalMs;
        }
      }
      if (nowMs >= startMs + warmUpMs + durationMs) resolve();
      else setImmediate(tick);
    };
    tick();
  });
  const statuses = await Promise.all(streams.map(({ stream }) => stream.end()));
  const bad = statuses.find((status) => status !== '0');
  if (bad !== undefined) throw new Error(`a stream ended with grpc-status ${bad}`);
  return { latencyUs, sent, answered };
}
