import { messageOf } from '../../../contracts/program/problem';
import { ForkedDriver } from './load/forked-driver';
import { type LoadDriver, type LoadJob } from './load/load-driver';
import { LocalDriver } from './load/local-driver';
import { type Cell } from '../../../contracts/benchmark/cell';
import { cellsOf } from '../../../contracts/benchmark/cells-of';
import { type Profile } from '../../../contracts/benchmark/profile-schema';
import { type RunProgress } from './progress-display';
import { type Measurement } from '../../../contracts/benchmark/run-results';
import { runCell } from './run-cell';
import { MetricsSource } from './scrape/metrics-source';
import { ProcessSource } from './scrape/process-source';
import { type ResourceSource } from './scrape/resource-sampler';
import { type Target } from './target';

export interface RunOptions {
  /** Which topology answers; a label of the results. */
  readonly deployment: string;
  /** Prometheus endpoints beside those of the profile, by the name that they have in the results. */
  readonly scrape?: Readonly<Record<string, string>>;
  /** Processes of this machine whose CPU and memory are read from /proc, by name. */
  readonly watch?: Readonly<Record<string, number>>;
  /** Driver processes that share the clients. @default 1 */
  readonly processes?: number;
  /** Drive from this process; its own work then shows in the driver's CPU share. @default false */
  readonly inProcess?: boolean;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called for problems that do not end the run, such as an endpoint that cannot be scraped. */
  readonly onWarning?: (message: string) => void;
  readonly onMeasurement?: (measurement: Measurement) => void;
  /** Ends the run early; measurements are kept, and the results name the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ProfileRun {
  readonly measurements: Measurement[];
  /** Why the run ended before its last measurement. */
  readonly endedEarly?: string;
}

/**
 * Runs every measurement of a profile against a server. A server that is not there, goes away or refuses the data ends the
 * run early, with the reason and the measurements until then.
 */
export async function runProfile(profile: Profile, target: Target, options: RunOptions): Promise<ProfileRun> {
  const cells = cellsOf(profile);
  const measurements: Measurement[] = [];
  const drivers = createDrivers(cells, options);
  const sources = sourcesOf(profile, options);
  const warned = new Set<string>();
  const warnOnce = (message: string): void => {
    if (!warned.has(message)) options.onWarning?.(message);
    warned.add(message);
  };
  try {
    for (const [index, cell] of cells.entries()) {
      if (options.signal?.aborted) return { measurements, endedEarly: messageOf(options.signal.reason) };
      const { measurement, endedEarly } = await runCell({
        jobs: jobsOf(profile, target, cell, options, drivers.length),
        drivers,
        sources,
        scrapeIntervalMs: profile.scrapeInterval,
        limits: profile.limits,
        place: { cell: index + 1, cells: cells.length },
        options: { ...options, onWarning: warnOnce },
      });
      if (measurement !== undefined) {
        measurements.push(measurement);
        options.onMeasurement?.(measurement);
      }
      if (endedEarly !== undefined) return { measurements, endedEarly };
    }
    return { measurements };
  } finally {
    await Promise.all(drivers.map((driver) => driver.close()));
  }
}

function createDrivers(
  cells: readonly Cell[],
  { processes = 1, inProcess = false }: RunOptions,
): LoadDriver[] {
  if (inProcess) return [new LocalDriver()];
  // A client is one connection, in one process.
  const most = Math.max(...cells.map(({ clients }) => clients));
  return Array.from({ length: Math.min(processes, most) }, () => new ForkedDriver());
}

/** The job of each driver in one measurement: fewer jobs than drivers when there are fewer clients. */
function jobsOf(
  profile: Profile,
  target: Target,
  cell: Cell,
  { deployment }: RunOptions,
  drivers: number,
): LoadJob[] {
  const processes = Math.min(drivers, cell.clients);
  return Array.from({ length: processes }, (_, process) => ({
    profile: profile.profile,
    deployment,
    cell,
    target,
    service: profile.service,
    ...(profile.pipeline !== undefined && { pipeline: profile.pipeline }),
    client: profile.client,
    warmUpMs: profile.warmUp,
    measureMs: profile.measure,
    drainMs: profile.drain,
    seed: profile.seed,
    process,
    processes,
  }));
}

function sourcesOf(profile: Profile, { scrape = {}, watch = {} }: RunOptions): ResourceSource[] {
  return [
    ...Object.entries({ ...profile.scrape, ...scrape }).map(([name, url]) => new MetricsSource(name, url)),
    ...Object.entries(watch).map(([name, pid]) => new ProcessSource(name, pid)),
  ];
}
