import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../runtime/errors';
import { makeCase } from './fuzz/fuzz-case';
import { writeFuzzPipelines } from './fuzz/fuzz-pipelines';
import { runFuzz } from './fuzz/fuzz-run';
import { ServerProcess } from './server-process';
import { MarkedLoad } from './soak/marked-load';
import { MarkedPipeline } from './soak/marked-pipeline';
import { MemorySeries } from './soak/memory-series';
import { Report } from './soak/report';
import { serveCommand } from './soak/serve-command';

// npm run fuzz [-- --seed N] [--count N] [--case N]: bad bytes against the built server. A case that fails prints how it is
// run again, alone.

/** Fewer cases say nothing about memory. */
const JUDGED_CASES = 20_000;
const MOST_GROWTH = 0.1;
/** The neighbour's rest between its bursts. */
const PAUSE_MS = 10;
/** Longest that the neighbour may go without an answer. */
const MOST_SILENCE_MS = 5_000;

interface Arguments {
  readonly seed: number;
  readonly count: number;
  readonly case?: number;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, count: { type: 'string' }, case: { type: 'string' } },
  });
  const read = (name: 'seed' | 'count' | 'case'): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isInteger(number) && number >= 0 && text !== '') return number;
    throw new Error(`--${name} must be a whole number from 0 on, got '${text}'`);
  };
  return { seed: read('seed') ?? 1, count: read('count') ?? 100_000, case: read('case') };
}

async function fuzz(given: Arguments, folder: string, report: Report): Promise<void> {
  const marked = new MarkedPipeline(join(folder, 'neighbour'), 'auto');
  const { documents, targets } = writeFuzzPipelines(folder);
  const { seed, case: only } = given;
  const [first, count] = only === undefined ? [0, given.count] : [only, 1];
  if (only !== undefined) {
    const fuzzed = makeCase(seed, only, targets);
    const bytes = fuzzed.kind === 'frames' ? fuzzed.bytes : fuzzed.body;
    report.say(
      `case ${only} of seed ${seed}`,
      JSON.stringify({ ...fuzzed, body: undefined, bytes: undefined }),
    );
    report.say('its bytes', bytes.toString('hex'));
  }
  const server = await ServerProcess.start(serveCommand(marked.document, { more: documents }));
  const load = new MarkedLoad(server.ready.grpc, marked.mark, 1, { pauseMs: PAUSE_MS });
  const series = new MemorySeries();
  const startedMs = performance.now();
  const found = await runFuzz({
    address: server.ready.grpc,
    targets,
    seed,
    first,
    count,
    onCase: (done) => {
      if (done % 100 === 0) series.add(done, server.residentMb('now'));
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  await load.stop();
  report.verdict('exit code', (await server.stop()) === 0, 'after SIGTERM');
  report.say('cases', `${found.done} of seed ${seed} in ${seconds.toFixed(1)} s`);
  for (const [ending, times] of [...found.endings].sort()) report.say(`  ${ending}`, String(times));
  for (const { index, kind, reason } of found.failures) {
    report.say(`case ${index}: ${kind}`, reason);
    report.say('  again', `npm run fuzz -- --seed ${seed} --case ${index}`);
  }
  report.verdict('cases that failed', found.failures.length === 0, String(found.failures.length));
  report.verdict('neighbour', load.faults.length === 0, `${load.answered} answers`);
  for (const fault of load.faults) report.say('', fault);
  const silence = load.longestSilenceMs;
  report.verdict(
    'its longest wait',
    silence <= MOST_SILENCE_MS,
    `${silence.toFixed(0)} ms (≤ ${MOST_SILENCE_MS} ms)`,
  );
  if (found.done < JUDGED_CASES) return;
  const tenths = series.tenths();
  report.say('memory of each tenth', `${tenths.map((mb) => mb.toFixed(1)).join(' ')} MB`);
  const growth = tenths[9] / tenths[2] - 1;
  report.verdict(
    'growth since the third',
    growth <= MOST_GROWTH,
    `${(growth * 100).toFixed(1)} % (≤ ${MOST_GROWTH * 100} %)`,
  );
}

async function main(): Promise<number> {
  const given = readArguments();
  const report = new Report();
  const folder = mkdtempSync(join(tmpdir(), 'mis-fuzz-'));
  try {
    await fuzz(given, folder, report);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return report.exitCode;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`fuzz: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
