import { type Load } from '../../../contracts/benchmark/cell';
import { LoadRun } from '../driver/load/load-run';
import { type LoadShare } from '../driver/measure/load-record';

export interface LoadOptions {
  readonly address: string;
  readonly path: string;
  readonly frames: readonly Buffer[];
  /** Name of the pipeline. @default - the server's first */
  readonly pipeline?: string;
  /** Connections, a stream each. */
  readonly clients: number;
  readonly load: Load;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Called when measuring begins and when it ends. */
  readonly onEdge?: () => void;
}

export interface LoadResult extends LoadShare {
  readonly answersPerSecond: number;
}

const LEAD_MS = 50;

/**
 * Drives a server from this process.
 * @throws Error when the server goes away, a request fails or an answer has the id of another request.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { address, path, frames, pipeline, clients, load, warmUpMs, durationMs, onEdge } = options;
  const run = new LoadRun(
    {
      ...{ profile: 'custom', deployment: '', service: 'extended', client: 'raw', seed: 1 },
      ...{ warmUpMs, measureMs: durationMs, drainMs: 10_000, process: 0, processes: 1 },
      target: { address },
      ...(pipeline !== undefined && { pipeline }),
      cell: {
        ...{ label: '', clients, devices: null, batch: null, load },
        data: { use: 'fall-detection', dtype: 'int32' },
      },
    },
    { service: 'extended', path, frames, inputs: [] },
  );
  await run.open();
  const fromMs = LEAD_MS + warmUpMs;
  const timers = onEdge ? [setTimeout(onEdge, fromMs), setTimeout(onEdge, fromMs + durationMs)] : [];
  const share = await run.drive(performance.now() + LEAD_MS);
  for (const timer of timers) clearTimeout(timer);
  if (share.endedEarly !== undefined) throw new Error(share.endedEarly);
  if (share.failure !== undefined) throw new Error(`${share.failure.code}: ${share.failure.message}`);
  if (share.misplaced > 0) throw new Error(`${share.misplaced} answers had the id of another request`);
  return { ...share, answersPerSecond: share.answersInTime / share.measuredSeconds };
}
