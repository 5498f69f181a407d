import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addInferCommand } from './infer';
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
    .version(readVersion());
  addServeCommand(program);
  addValidateCommand(program);
  addInferCommand(program);
  addPushCommand(program);
  addPullCommand(program);
  addListCommand(program);
  addKeygenCommand(program);
  addSignCommand(program);
  addTokenCommand(program);
  return program;
}

function readVersion(): string {
  // The same relative place from the sources and, one folder deeper, from lib/.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(join(__dirname, up), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
