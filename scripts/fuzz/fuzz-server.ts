import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../server-process';
import { MarkedLoad } from '../soak/marked-load';
import { MarkedPipeline } from '../soak/marked-pipeline';
import { MemorySeries } from '../soak/memory-series';
import { serveCommand } from '../soak/serve-command';
import { writeFuzzPipelines } from './fuzz-pipelines';
import { runFuzz, type FuzzReport } from './fuzz-run';
import { RUNTIME_METRICS as METRICS } from '../../contracts/names/metrics';

/** The neighbour's rest between its bursts. */
const PAUSE_MS = 10;
/** Connections whose clients are gone are closed soon, so that many do not add up. */
const KEEPALIVE = ['--keepalive-time', '1s', '--keepalive-timeout', '5s'];
/** Longest wait until they are. */
const CLOSE_LIMIT_MS = 15_000;

export interface FuzzedServer extends FuzzReport {
  /** A client that did nothing wrong beside all the others. */
  readonly neighbour: {
    readonly answers: number;
    readonly faults: readonly string[];
    readonly longestSilenceMs: number;
  };
  /** Connections that the server has not closed, all their clients being gone. */
  readonly connectionsLeft: number;
  /** After a SIGTERM; null when it was ended by a signal. */
  readonly exitCode: number | null;
  readonly memory: MemorySeries;
}

export interface FuzzServerOptions {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

/** Starts a server, has cases at it with a neighbour beside them, and looks what has become of it. */
export async function fuzzServer(options: FuzzServerOptions): Promise<FuzzedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mis-fuzz-'));
  try {
    const marked = new MarkedPipeline(join(folder, 'neighbour'), 'auto');
    const { documents, targets } = writeFuzzPipelines(folder);
    const server = await ServerProcess.start(
      serveCommand(marked.document, { more: documents, options: KEEPALIVE }),
    );
    const { grpc, http } = server.ready;
    const load = new MarkedLoad(grpc, marked.mark, 1, { pauseMs: PAUSE_MS });
    const memory = new MemorySeries();
    const onCase = (done: number): void => {
      if (done % 100 === 0) memory.add(done, server.residentMb('now'));
    };
    const report = await runFuzz({ ...options, address: grpc, targets, onCase });
    await load.stop();
    const connectionsLeft = await countConnections(http);
    const exitCode = await server.stop();
    const { answered: answers, faults, longestSilenceMs } = load;
    return { ...report, neighbour: { answers, faults, longestSilenceMs }, connectionsLeft, exitCode, memory };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Open connections once there are none any more, or after a while. */
async function countConnections(http: string): Promise<number> {
  const endMs = performance.now() + CLOSE_LIMIT_MS;
  for (;;) {
    const text = await (await fetch(`http://${http}/metrics`)).text();
    const open = Number(new RegExp(`^${METRICS.connections.name} (\\d+)$`, 'm').exec(text)?.[1]);
    if (open === 0 || performance.now() > endMs) return open;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
