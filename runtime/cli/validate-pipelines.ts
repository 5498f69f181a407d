import { ConfigurationError, formatProblem, type Problem } from '../../contracts/program/problem';
import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { tryModels } from '../serving/try-models';
import { describeFormat, type FlowFormat } from '../formats/format';
import { createLogger } from '../../contracts/program/logger';
import { openComponentAccess } from '../serving/component-access';
import { assemblePipeline, type AssembledPipeline } from '../serving/assemble-pipeline';

/** Which pipelines to check, and where their components are. */
export type ValidateOptions = Pick<
  CompiledRuntimeOptions,
  'paths' | 'components' | 'repository' | 'trustedKeys'
>;

/**
 * Checks each pipeline as the server would, components fetched and model opened, and prints a line for each good one.
 * @throws ConfigurationError with the problems of all.
 */
export async function validatePipelines(
  options: ValidateOptions,
  tell: (line: string) => void,
): Promise<void> {
  const { paths, components } = options;
  const log = createLogger('warn');
  const access = openComponentAccess(options, log);
  const problems: Problem[] = [];
  for (const source of paths) {
    try {
      const assembled = await assemblePipeline(source, {
        components,
        ...access,
        onComponentOutput: (component, stream, text) =>
          log.warn({ component, stream, text }, 'component output'),
      });
      try {
        const tried = await tryModels(assembled);
        tell(`${source}: ${describe(assembled)}`);
        for (const note of [...assembled.notes, ...assembled.remarks, ...tried])
          tell(formatProblem(`${source}: note`, note));
      } finally {
        await assembled.host?.close();
      }
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      for (const { path, message } of error.problems) {
        problems.push({ path: [error.source, path].filter(Boolean).join(': '), message });
      }
    }
  }
  if (problems.length > 0) throw new ConfigurationError('', problems);
}

function describe({ document, plan }: AssembledPipeline): string {
  return `ok: ${document.name}: ${formats(plan.input)} → ${formats(plan.output)}`;
}

function formats(flow: FlowFormat): string {
  return [...flow].map(([name, format]) => `${name} ${describeFormat(format)}`).join(', ');
}
