import { LoadRun } from './load/load-run';
import { type LoadShare } from './measure/load-record';

export interface OpenLoopOptions {
  readonly address: string;
  readonly path: string;
  readonly frames: readonly Buffer[];
  /** Name of the pipeline. Default: the server's first. */
  readonly pipeline?: string;
  /** Connections, a stream each. */
  readonly clients: number;
  /** Devices that a connection multiplexes. */
  readonly devices: number;
  /** Requests a second of one device. */
  readonly rateHz: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

const LEAD_MS = 50;

/**
 * Each device sends at its own times, whether or not answers come: a slow server does not slow the load down, and latency
 * counts from when a request was due. Drives from this process.
 * @throws Error when the server goes away or requests fail.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<LoadShare> {
  const { address, path, frames, pipeline, clients, devices, rateHz, warmUpMs, durationMs } = options;
  const run = new LoadRun(
    {
      ...{ profile: 'custom', deployment: '', service: 'extended', client: 'raw', seed: 1 },
      ...{ warmUpMs, measureMs: durationMs, drainMs: 10_000, process: 0, processes: 1, part: 0, parts: 1 },
      target: { address },
      ...(pipeline !== undefined && { pipeline }),
      cell: {
        ...{ label: '', clients, devices, batch: null, data: { use: 'fall-detection', dtype: 'int32' } },
        load: { kind: 'devices', devices, rateHz },
      },
    },
    { service: 'extended', path, frames, inputs: [] },
  );
  await run.open();
  const share = await run.drive(performance.now() + LEAD_MS);
  if (share.endedEarly !== undefined) throw new Error(share.endedEarly);
  if (share.failure !== undefined) throw new Error(`${share.failure.code}: ${share.failure.message}`);
  return share;
}
