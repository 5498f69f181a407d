import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { requirePaths } from '../../../contracts/program/run-program';
import { folderOfResults, readResults, RESULTS_FILE } from './read-results';
import { writeReport } from './report';

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description(`report.html out of ${RESULTS_FILE}`)
    .argument('<run>', `folder of a run, or its ${RESULTS_FILE}`)
    .addOption(new Option('--out <folder>', "where report.html goes; default: the run's folder"))
    .action(async (path: string, { out }: { out?: string }) => {
      requirePaths([path]);
      const folder = out ?? folderOfResults(path);
      await writeReport(readResults(path), folder);
      process.stdout.write(`written: ${join(folder, 'report.html')}\n`);
    });
}
