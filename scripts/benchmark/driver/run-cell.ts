import { messageOf } from '../../../contracts/program/problem';
import { type LoadCounts, type LoadDriver, type LoadJob } from './load/load-driver';
import { judge, type DriverLimits } from './measure/judge';
import { toMeasurement } from './measure/to-measurement';
import { type RunProgress } from './progress-display';
import { type Measurement } from '../../../contracts/benchmark/run-results';
import { ResourceSampler, type ResourceSource } from './scrape/resource-sampler';

interface CellRun {
  readonly jobs: readonly LoadJob[];
  /** At least as many as jobs. */
  readonly drivers: readonly LoadDriver[];
  readonly sources: readonly ResourceSource[];
  readonly scrapeIntervalMs: number;
  readonly limits: DriverLimits;
  readonly place: Pick<RunProgress, 'cell' | 'cells'>;
  readonly options: {
    readonly onProgress?: (progress: RunProgress) => void;
    readonly onWarning?: (message: string) => void;
    readonly signal?: AbortSignal;
  };
}

interface CellOutcome {
  readonly measurement?: Measurement;
  readonly endedEarly?: string;
}

const PROGRESS_INTERVAL_MS = 250;
/** Time for the order to reach every driver process. */
const LEAD_MS = 100;

export async function runCell(run: CellRun): Promise<CellOutcome> {
  const { jobs, limits, scrapeIntervalMs, options } = run;
  const drivers = run.drivers.slice(0, jobs.length);
  const [{ warmUpMs, measureMs }] = jobs;
  report(run, drivers, undefined);
  try {
    await Promise.all(drivers.map((driver, index) => driver.prepare(jobs[index])));
  } catch (error) {
    return { endedEarly: messageOf(error) };
  }
  if (options.signal?.aborted) return { endedEarly: messageOf(options.signal.reason) };
  const startMs = Date.now() + LEAD_MS;
  const sampler = new ResourceSampler(run.sources, scrapeIntervalMs, options.onWarning ?? (() => undefined));
  sampler.start(startMs + warmUpMs, startMs + warmUpMs + measureMs);
  const timer = setInterval(() => report(run, drivers, startMs), PROGRESS_INTERVAL_MS);
  const stopAll = (reason: string): void => drivers.forEach((driver) => driver.stop(reason));
  const stop = (): void => stopAll(messageOf(options.signal?.reason));
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const shares = await Promise.all(
      drivers.map(async (driver) => {
        const share = await driver.drive(startMs);
        // The server is gone for one process: the others stop too.
        if (share.endedEarly !== undefined) stopAll(share.endedEarly);
        return share;
      }),
    );
    report(run, drivers, startMs);
    const endedEarly = shares.find((share) => share.endedEarly !== undefined)?.endedEarly;
    const hasMeasured = shares.some(({ counts }) => counts.due > 0);
    if (endedEarly !== undefined && !hasMeasured) return { endedEarly };
    const invalid = judge(shares, limits);
    const measurement = toMeasurement(jobs[0], shares, await sampler.stop(), invalid);
    const { answered, failed } = measurement.counts;
    if (endedEarly !== undefined) return { measurement, endedEarly };
    if (answered + failed > 0 || !hasMeasured) return { measurement };
    return { measurement, endedEarly: `${jobs[0].target.address}: ${invalid.at(-1)}` };
  } catch (error) {
    return { endedEarly: messageOf(error) };
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', stop);
    await sampler.stop();
  }
}

/** @param startMs when the load begins (of `Date.now`); undefined while the drivers connect */
function report(run: CellRun, drivers: readonly LoadDriver[], startMs: number | undefined): void {
  const [{ cell, warmUpMs, measureMs }] = run.jobs;
  const elapsedMs = startMs === undefined ? -1 : Date.now() - startMs;
  const sum = (key: keyof LoadCounts): number =>
    startMs === undefined ? 0 : drivers.reduce((total, { counts }) => total + counts[key], 0);
  run.options.onProgress?.({
    ...run.place,
    label: cell.label,
    phase: phaseAt(elapsedMs, warmUpMs, measureMs),
    elapsedSeconds: Math.max(0, elapsedMs) / 1000,
    totalSeconds: (warmUpMs + measureMs) / 1000,
    ...{ sent: sum('sent'), answered: sum('answered'), failed: sum('failed'), inFlight: sum('inFlight') },
  });
}

function phaseAt(elapsedMs: number, warmUpMs: number, measureMs: number): RunProgress['phase'] {
  if (elapsedMs < 0) return 'connecting';
  if (elapsedMs < warmUpMs) return 'warming up';
  return elapsedMs < warmUpMs + measureMs ? 'measuring' : 'draining';
}
