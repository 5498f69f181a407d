import { Command } from 'commander';
import { addRunCommand } from './driver/run-command';
import { addCompareCommand } from './report/compare-command';
import { addReportCommand } from './report/report-command';

export function createProgram(): Command {
  const program = new Command('mis-bench').description(
    'Modular Inference Stack: measures what a server does under load',
  );
  addRunCommand(program);
  addReportCommand(program);
  addCompareCommand(program);
  return program;
}
