import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Load } from '../../../../contracts/benchmark/cell';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { UsageError } from '../../../../contracts/program/usage-error';
import { EXTENDED_SERVICE } from '../../../../runtime/services/extended/definition';
import { ServerProcess } from '../../../server-process';
import { fallDetectionFrames } from '../fall-detection-frames';
import { runLoad } from '../run-load';
import { SERVER_CPU, startProgram, using } from '../served';
import { machineCpuMs } from './machine-cpu';

/** `mis`: the file itself, whose first line has flags for V8; `node`: as a program that gives none. */
export type StartedAs = 'mis' | 'node';

/** One load of one run. Latencies count from the time at which a request was due. */
export interface LoadFigures {
  readonly answersPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU of the server for one answer, in microseconds. */
  readonly cpuUsPerAnswer: number;
  /** Cores used by anything but server and driver, stolen time included. */
  readonly othersCores: number;
}

export interface ServerLoadFigures extends LoadFigures {
  /** Part of the time in which the garbage collector ran on the main thread, 0 to 1. */
  readonly collectorShare: number;
  /** Bytes on JavaScript's heap that were allocated for one answer. */
  readonly bytesPerAnswer: number;
}

export const LOADS = {
  '1 stream × 256': { clients: 1, load: { kind: 'closed', inFlight: 256 } },
  '16 streams × 16': { clients: 16, load: { kind: 'closed', inFlight: 16 } },
  '16 × 160 devices': { clients: 16, load: { kind: 'devices', devices: 160, rateHz: 2 } },
} as const satisfies Record<string, { readonly clients: number; readonly load: Load }>;

export type LoadName = keyof typeof LOADS;

/** One run of one server: started, measured under each load, stopped. */
export interface ServerFigures {
  readonly node: string;
  readonly startMs: number;
  readonly idleMb: number;
  readonly peakMb: number;
  readonly loads: Readonly<Record<LoadName, ServerLoadFigures>>;
}

const WARM_UP_MS = 1_000;
const DOCUMENT = 'stacks/pipelines/fall-detection/pipeline.yaml';
const PROBE = join(findPackageRoot(__dirname), 'lib/scripts/benchmark/comparisons/runtime/gc-probe.js');
const frames = fallDetectionFrames(1024);

/** @throws UsageError where the folder has no compiled server */
export function requireCheckout(root: string): void {
  for (const file of ['lib/runtime/main.js', DOCUMENT]) {
    if (!existsSync(join(root, file)))
      throw new UsageError(
        `'--against' must be a checkout with 'npm run build' done, ${root} has no ${file}`,
      );
  }
}

/** Fall detection by the compiled server of the checkout in the folder `root`, on one core. */
export async function measureServer(root: string, as: StartedAs, seconds: number): Promise<ServerFigures> {
  const main = join(root, 'lib/runtime/main.js');
  const program = as === 'mis' ? [main] : [process.execPath, main];
  const ports = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const command = [`NODE_OPTIONS=--require=${PROBE}`, ...program, 'serve', join(root, DOCUMENT), ...ports];
  return using(ServerProcess.start(['env', ...command], SERVER_CPU), async (server) => {
    const idleMb = server.residentMb('now');
    let node = '';
    const loads: Partial<Record<LoadName, ServerLoadFigures>> = {};
    for (const name of Object.keys(LOADS) as LoadName[]) {
      const printed = server.log.length;
      const signal = (): unknown => process.kill(server.pid, 'SIGUSR2');
      const figures = await measureLoad(server, name, EXTENDED_SERVICE.predict.path, seconds, signal);
      const profile = await profileAfter(server, printed);
      node = profile.node;
      loads[name] = {
        ...figures,
        collectorShare: profile.collectorMs / (seconds * 1000),
        bytesPerAnswer: profile.allocatedBytes / (figures.answersPerSecond * seconds),
      };
    }
    const peakMb = server.residentMb('peak');
    return { node, startMs: server.startMs, idleMb, peakMb, loads: loads as ServerFigures['loads'] };
  });
}

/** A bare grpc-js echo under the closed loops. */
export function measureEcho(seconds: number): Promise<Partial<Record<LoadName, LoadFigures>>> {
  return using(startProgram('echo-server', [], SERVER_CPU), async (echo) => {
    const figures: Partial<Record<LoadName, LoadFigures>> = {};
    for (const name of ['1 stream × 256', '16 streams × 16'] as const)
      figures[name] = await measureLoad(echo, name, '/echo.Echo/predict', seconds);
    return figures;
  });
}

/** @param onEdge called at the beginning and at the end of measuring */
async function measureLoad(
  server: ServerProcess,
  name: LoadName,
  path: string,
  seconds: number,
  onEdge?: () => unknown,
): Promise<LoadFigures> {
  const edges: { readonly serverMs: number; readonly othersMs: number; readonly atMs: number }[] = [];
  const { answersPerSecond, answersInTime, fromDue, counts } = await runLoad({
    ...LOADS[name],
    ...{ address: server.ready.grpc, path, frames, warmUpMs: WARM_UP_MS, durationMs: seconds * 1000 },
    onEdge: () => {
      onEdge?.();
      const { user, system } = process.cpuUsage();
      const serverMs = server.cpuMs();
      const othersMs = machineCpuMs() - serverMs - (user + system) / 1000;
      edges.push({ serverMs, othersMs, atMs: performance.now() });
    },
  });
  if (counts.lost > 0) throw new Error(`${name}: ${counts.lost} of ${counts.sent} requests were lost`);
  const [from, to] = edges;
  return {
    answersPerSecond,
    ...{ medianMs: fromDue.median, p99Ms: fromDue.p99, maxMs: fromDue.max },
    cpuUsPerAnswer: ((to.serverMs - from.serverMs) * 1000) / answersInTime,
    othersCores: Math.max(0, to.othersMs - from.othersMs) / (to.atMs - from.atMs),
  };
}

interface CollectorProfile {
  readonly node: string;
  readonly collectorMs: number;
  readonly allocatedBytes: number;
}

/** The profile that the server writes a moment after its signal, behind the first `printed` lines of its log. */
async function profileAfter(server: ServerProcess, printed: number): Promise<CollectorProfile> {
  for (let tries = 0; tries < 200; tries += 1) {
    const line = server.log.slice(printed).find((each) => each.includes('"msg":"gc-profile"'));
    if (line !== undefined) return JSON.parse(line) as CollectorProfile;
    await pause(20);
  }
  throw new Error('the server did not write a profile of its garbage collector');
}
