import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../server-process';
import { MarkedPipeline } from './marked-pipeline';
import { MemorySeries } from './memory-series';
import { type Report } from './report';
import { serveCommand } from './serve-command';
import { runSwaps } from './swap-rounds';

/** After this swap memory has to stay where it is. */
const SETTLED = 10;
const MOST_GROWTH = 0.1;
/** About 3,000 requests a second: as many as there can be would fill the heap between collections, which hides what swaps leave. */
const PAUSE_MS = 20;

/** Swaps versions of a pipeline under load and checks the answers and the server's memory. */
export async function soakSwaps(report: Report, swaps: number, execution: 'auto' | 'worker'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mis-soak-'));
  const pipeline = new MarkedPipeline(folder, execution);
  const server = await ServerProcess.start(serveCommand(pipeline.document));
  const series = new MemorySeries();
  try {
    const { grpc, http } = server.ready;
    const spoils = Math.min(3, Math.floor(swaps / 10));
    const { requests, swapped, refused, faults } = await runSwaps(pipeline, {
      grpc,
      http,
      swaps,
      spoils,
      pauseMs: PAUSE_MS,
      onSwap: (swap) => series.add(swap, server.residentMb('now')),
    });
    report.say('answers', `${requests}`);
    const wanted = swaps + spoils;
    report.verdict('swapped, refused', swapped === wanted && refused === spoils, `${swapped}, ${refused}`);
    report.verdict('lost or of no version', faults.length === 0, String(faults.length));
    for (const fault of faults) report.say('', fault);
  } finally {
    report.verdict('exit code', (await server.stop()) === 0, 'after SIGTERM');
    rmSync(folder, { recursive: true });
  }
  const tenths = series.tenths();
  report.say('memory of each tenth', `${tenths.map((mb) => mb.toFixed(1)).join(' ')} MB`);
  const settled = tenths.filter((_, index) => (index * swaps) / 10 >= SETTLED);
  if (settled.length < 2) {
    report.say('memory', `not judged: it takes ${2 * SETTLED} swaps at least`);
    return;
  }
  const growth = Math.max(...settled) / settled[0] - 1;
  report.verdict(
    `growth after the ${SETTLED}th swap`,
    growth <= MOST_GROWTH,
    `${(growth * 100).toFixed(1)} % (≤ ${MOST_GROWTH * 100} %)`,
  );
}
