import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceClient } from '../../runtime/client';
import { messageOf } from '../../contracts/program/problem';
import { ServerProcess } from '../server-process';
import { ControlGroup } from '../control-group';
import { MarkedLoad } from './marked-load';
import { MarkedPipeline } from './marked-pipeline';
import { type Report } from './report';
import { serveCommand } from './serve-command';

const MIB = 1024 * 1024;
const LIMITS = { cpus: 1.5, memoryBytes: 256 * MIB };
const SMALL_MS = 10_000;
const STREAMS = 8;
/** Requests of just under 4 MiB, the largest that there is memory for. */
const LARGE_ROWS = MIB - 64;
const LARGE_STREAMS = 16;
/** A request that was refused because there were too many is sent again after this. */
const RETRY_MS = 50;

/** Serves in a control group with little memory and a CPU quota: many small requests, then large ones, all at once. */
export async function soakLimited(report: Report, large: number): Promise<void> {
  let group: ControlGroup;
  try {
    group = ControlGroup.create(`mis-soak-${process.pid}`, LIMITS);
  } catch (error) {
    report.say('skipped', `no control group can be made here: ${messageOf(error)}`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mis-soak-'));
  const pipeline = new MarkedPipeline(folder, 'worker', false);
  const server = await ServerProcess.start(group.command(serveCommand(pipeline.document)));
  report.say('limits', `${LIMITS.cpus} CPUs, ${LIMITS.memoryBytes / MIB} MiB`);
  report.say('threads', String(server.threads()));
  try {
    const load = new MarkedLoad(server.ready.grpc, pipeline.mark, STREAMS);
    await new Promise((resolve) => setTimeout(resolve, SMALL_MS));
    await load.stop();
    report.verdict(
      'small requests',
      load.faults.length === 0,
      `${load.answered} answers, ${load.faults.length} faults`,
    );
    for (const fault of load.faults) report.say('', fault);
    tell(report, group, server, 'after the small ones');
    const { faults, refused } = await sendLarge(server.ready.grpc, large);
    report.verdict(
      'large requests',
      faults.length === 0,
      `${large} of 4 MiB, ${refused} refused at first, ${faults.length} faults`,
    );
    for (const fault of faults.slice(0, 5)) report.say('', fault);
    tell(report, group, server, 'after the large ones');
    report.verdict(
      'ended by the system',
      group.memoryFigures().oomKills === 0,
      `${group.memoryFigures().oomKills} times`,
    );
  } finally {
    report.verdict('exit code', (await server.stop()) === 0, 'after SIGTERM');
    rmSync(folder, { recursive: true });
    group.remove();
  }
}

function tell(report: Report, group: ControlGroup, server: ServerProcess, when: string): void {
  const { periods, throttledPeriods, throttledMs } = group.cpuFigures();
  const { peakBytes } = group.memoryFigures();
  report.say(`throttled ${when}`, `${throttledPeriods} of ${periods} periods, ${throttledMs.toFixed(0)} ms`);
  const peak = server.alive ? `${server.residentMb('peak').toFixed(0)} MB resident, ` : '';
  report.say(`most memory ${when}`, `${peak}${(peakBytes / 1e6).toFixed(0)} MB of the group`);
}

/** Large requests of several clients at once; resolves to what went wrong. */
async function sendLarge(address: string, count: number): Promise<{ faults: string[]; refused: number }> {
  const x = { dtype: 'float32' as const, shape: [LARGE_ROWS, 1], data: new Float32Array(LARGE_ROWS).fill(1) };
  const faults: string[] = [];
  let refused = 0;
  let left = count;
  const run = async (): Promise<void> => {
    const client = new InferenceClient({ address, pipeline: 'marked', reconnect: { maxAttempts: 0 } });
    while (left > 0) {
      left -= 1;
      try {
        await client.predict({ x });
      } catch (error) {
        if ((error as { code?: string }).code === 'RESOURCE_EXHAUSTED') {
          refused += 1;
          left += 1;
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        } else faults.push(messageOf(error));
      }
    }
    client.close();
  };
  // Two requests on the way from each.
  await Promise.all(Array.from({ length: 2 * LARGE_STREAMS }, run));
  return { faults, refused };
}
