import { type Command } from 'commander';
import { addOptions } from '../../contracts/program/options';
import { COMPONENT_OPTIONS } from '../config/runtime-options';
import { compileOptions, type PipelineCommandOptions } from './compile-options';

/** `mis validate`: checks documents, formats and components without serving. */
export function addValidateCommand(program: Command): void {
  const command = program
    .command('validate')
    .description('check pipelines without serving; one line for each problem')
    .argument(
      '<path...>',
      'pipeline documents (YAML, JSON), folders with a pipeline.yaml, ONNX models, or reference configuration directories',
    )
    .action(async (paths: string[], given: PipelineCommandOptions) => {
      const options = compileOptions(paths, given);
      const { validatePipelines } = await import('./validate-pipelines.js');
      await validatePipelines(options, (line) => process.stdout.write(`${line}\n`));
    });
  addOptions(command, COMPONENT_OPTIONS);
}
