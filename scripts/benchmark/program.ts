import { Command } from 'commander';
import { addJoinCommand } from './commands/join-command';
import { addRunCommand } from './commands/run-command';

/** The program `mis-bench` with its commands. */
export function createProgram(): Command {
  const program = new Command('mis-bench').description(
    'Modular Inference Stack: measures what a server does under load',
  );
  addRunCommand(program);
  addJoinCommand(program);
  // `compare` is registered here.
  return program;
}
