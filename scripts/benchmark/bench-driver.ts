import { cpus } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../package-root';
import { ServerProcess } from '../server-process';
import { median, say } from './figures';
import { parseProfile } from './profile/read-profile';
import { type Measurement } from './results/run-results';
import { runProfile } from './run-profile';

// npm run bench:driver — what the driver of mis-bench itself can do, against an echo of bytes in another process.

const ROUNDS = 3;
const SERVER_CPU = 0;
const DATA = 'data: { use: fall-detection }';
const WANTED = { answersPerSecond: 100_000, latenessMs: 1 };

const echo = [process.execPath, join(findPackageRoot(__dirname), 'lib/scripts/benchmark/raw-echo-server.js')];

async function measure(address: string, document: string): Promise<Measurement> {
  const { measurements, endedEarly } = await runProfile(
    parseProfile(document, 'bench-driver'),
    { address },
    { deployment: 'echo' },
  );
  if (endedEarly !== undefined) throw new Error(endedEarly);
  return measurements[0];
}

async function main(): Promise<void> {
  say('machine', `${cpus().length} × ${cpus()[0].model}, Node ${process.version}; echo pinned to one core`);
  const server = await ServerProcess.start(echo, SERVER_CPU);
  const rates: number[] = [];
  const schedule: Measurement[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const closed = await measure(
      server.ready.grpc,
      `{ profile: closed-loop, ${DATA}, clients: 1, inFlight: 512, warmUp: 1s, measure: 4s }`,
    );
    rates.push(closed.answersPerSecond);
    schedule.push(
      await measure(
        server.ready.grpc,
        '{ profile: fall-detection, clients: 16, devices: 160, rate: 2, warmUp: 1s, measure: 5s }',
      ),
    );
  }
  await server.stop();
  const rate = median(rates);
  const all = rates.map((value) => value.toFixed(0)).join(', ');
  say(
    'closed loop, one driver process',
    `${rate.toFixed(0)} answers/s (≥ ${WANTED.answersPerSecond} wanted), ratio ${(rate / WANTED.answersPerSecond).toFixed(2)}; rounds ${all}`,
  );
  const p99 = schedule.map(({ driver }) => driver.lateness.p99);
  const late = median(p99);
  say(
    '16 clients × 160 devices × 2/s: schedule error',
    `median ${median(schedule.map(({ driver }) => driver.lateness.median)).toFixed(3)} ms, p99 ${late.toFixed(3)} ms (≤ ${WANTED.latenessMs} wanted), ratio ${(late / WANTED.latenessMs).toFixed(2)}; rounds ${p99.map((value) => value.toFixed(3)).join(', ')}`,
  );
  const cpu = median(schedule.map(({ driver }) => driver.cpuShare));
  say(
    'the same: sent, lost, CPU of the driver',
    `${schedule.map(({ counts }) => counts.sent).join(', ')} sent; ${schedule.reduce((sum, { counts }) => sum + counts.lost, 0)} lost; ${(cpu * 100).toFixed(0)} % of a core`,
  );
  say(
    'the same: answers of the echo, median and p99',
    `${median(schedule.map(({ fromDue }) => fromDue.median)).toFixed(3)} ms, ${median(schedule.map(({ fromDue }) => fromDue.p99)).toFixed(3)} ms`,
  );
}

void main();
