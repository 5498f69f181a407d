import { Command } from 'commander';
import { packageVersion } from '../../contracts/program/package-root';
import { addInferCommand } from './infer';
import { addInitCommand } from './init';
import { addKeygenCommand } from './keygen';
import { addListCommand } from './list';
import { addPullCommand } from './pull';
import { addPushCommand } from './push';
import { addServeCommand } from './serve';
import { addSignCommand } from './sign';
import { addTokenCommand } from './token';
import { addValidateCommand } from './validate';

/** The program `mis` with its commands. */
export function createProgram(): Command {
  const program = new Command('mis')
    .description('Modular Inference Stack: serves machine-learning pipelines')
    .version(packageVersion());
  addServeCommand(program);
  addValidateCommand(program);
  addInitCommand(program);
  addInferCommand(program);
  addPushCommand(program);
  addPullCommand(program);
  addListCommand(program);
  addKeygenCommand(program);
  addSignCommand(program);
  addTokenCommand(program);
  return program;
}
