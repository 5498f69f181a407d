import { type Command } from 'commander';
import { option } from '../../../contracts/program/options';
import { UsageError } from '../../../contracts/program/usage-error';
import { ConfigurationError } from '../../../contracts/program/problem';
import { formatSummary } from '../progress/summary-table';
import { JoinError, joinResults } from '../results/join-results';
import { writeReport } from '../report/write-report';
import { readResults } from '../results/read-results';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { writeResults } from '../results/write-results';

/** `mis-bench join`: makes one run of those of several machines. */
export function addJoinCommand(program: Command): void {
  program
    .command('join')
    .description('join the results of machines that drove one server together (run --start-at)')
    .argument('<results...>', 'results.json files, or the folders that have them')
    .addOption(option('--out <dir>', 'folder for the joined results').default('mis-bench-results/joined'))
    .action(async (paths: readonly string[], { out }: { readonly out: string }) => {
      if (paths.length < 2) throw new UsageError(`joins two results or more, got ${paths.length}`);
      const joined = join(paths);
      writeResults(joined, out);
      await writeReport(joined, out);
      process.stdout.write(`${formatSummary(joined.measurements)}\nresults in ${out}\n`);
    });
}

function join(paths: readonly string[]): RunResults {
  try {
    return joinResults(paths.map(readResults));
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof JoinError)
      throw new UsageError(error.message);
    throw error;
  }
}
