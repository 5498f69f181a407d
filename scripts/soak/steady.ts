import { join } from 'node:path';
import { findPackageRoot } from '../../contracts/program/package-root';
import { ServerProcess } from '../server-process';
import { MemorySeries } from './memory-series';
import { runMixedLoad } from './mixed-load';
import { type Report } from './report';
import { serveCommand } from './serve-command';

/**
 * Requests before those that are judged. Until the collector sweeps the old objects for the first time, which is after half
 * a million here, what little of each request has got old fills the heap; from then on it comes and goes.
 */
const WARM_UP = 1_000_000;
/** More growth than this, as the slope has it, is a leak. */
const MOST_GROWTH = 0.03;

/** Answers many requests and looks whether the server's memory goes on growing. */
export async function soakSteady(report: Report, requests: number): Promise<void> {
  const document = join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection/pipeline.yaml');
  const server = await ServerProcess.start(serveCommand(document));
  const series = new MemorySeries();
  let peakMb = 0;
  try {
    report.say('at the start', `${server.residentMb('now').toFixed(1)} MB`);
    const startedMs = performance.now();
    const streams = await runMixedLoad({
      address: server.ready.grpc,
      requests: WARM_UP + requests,
      onProgress: (answers) => {
        const mb = server.residentMb('now');
        peakMb = Math.max(peakMb, mb);
        if (answers > WARM_UP) series.add(answers - WARM_UP, mb);
      },
    });
    const seconds = (performance.now() - startedMs) / 1000;
    report.say('answers, streams', `${WARM_UP + requests} in ${seconds.toFixed(1)} s, ${streams}`);
  } finally {
    report.verdict('exit code', (await server.stop()) === 0, 'after SIGTERM');
  }
  const tenths = series.tenths();
  report.say('peak, warm-up included', `${peakMb.toFixed(1)} MB`);
  report.say('memory of each tenth', `${tenths.map((mb) => mb.toFixed(1)).join(' ')} MB`);
  const slope = series.slope(0);
  const growth = (slope * requests) / tenths[0];
  report.verdict(
    'slope after the warm-up',
    growth <= MOST_GROWTH,
    `${(slope * 1e6).toFixed(2)} MB a million requests: ${(growth * 100).toFixed(2)} % in this run (≤ ${MOST_GROWTH * 100} %)`,
  );
}
