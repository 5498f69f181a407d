import { join } from 'node:path';
import { findPackageRoot } from '../package-root';
import { ServerProcess } from '../server-process';
import { MemorySeries } from './memory-series';
import { runMixedLoad } from './mixed-load';
import { type Report } from './report';
import { serveCommand } from './serve-command';

/** Until here memory may grow: code is compiled, pools fill. */
const WARM_UP_SHARE = 0.2;
/** More growth after the warm-up, as the slope has it, is a leak. */
const MOST_GROWTH = 0.03;

/** Answers many requests and looks whether the server's memory goes on growing. */
export async function soakSteady(report: Report, requests: number): Promise<void> {
  const document = join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection/pipeline.yaml');
  const server = await ServerProcess.start(serveCommand(document));
  const series = new MemorySeries();
  try {
    report.say('at the start', `${server.residentMb('now').toFixed(1)} MB`);
    const startedMs = performance.now();
    const streams = await runMixedLoad({
      address: server.ready.grpc,
      requests,
      onProgress: (answers) => series.add(answers, server.residentMb('now')),
    });
    const seconds = (performance.now() - startedMs) / 1000;
    report.say('answers, streams', `${requests} in ${seconds.toFixed(1)} s, ${streams}`);
  } finally {
    report.verdict('exit code', (await server.stop()) === 0, 'after SIGTERM');
  }
  const tenths = series.tenths();
  report.say('memory of each tenth', `${tenths.map((mb) => mb.toFixed(1)).join(' ')} MB`);
  const perMillion = series.slope(requests * WARM_UP_SHARE) * 1e6;
  const growth = (perMillion * (requests / 1e6) * (1 - WARM_UP_SHARE)) / tenths[2];
  report.verdict(
    'slope after the warm-up',
    growth <= MOST_GROWTH,
    `${perMillion.toFixed(2)} MB a million requests: ${(growth * 100).toFixed(2)} % in this run (≤ ${MOST_GROWTH * 100} %)`,
  );
}
