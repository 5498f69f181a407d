import { type Command } from 'commander';
import { option, requirePaths } from './run-program';

/** `mis validate`: checks documents, formats and components without serving. */
export function addValidateCommand(program: Command): void {
  program
    .command('validate')
    .description('check pipelines without serving; every problem on a line of its own')
    .argument('<path...>', 'pipeline documents (YAML, JSON) or reference configuration directories')
    .addOption(option('--components <dir...>', "local components, beside the documents' own"))
    .action(async (paths: string[], { components = [] }: { components?: string[] }) => {
      requirePaths([...paths, ...components]);
      const { validatePipelines } = await import('./validate-pipelines.js');
      await validatePipelines(paths, components, (line) => process.stdout.write(`${line}\n`));
    });
}
