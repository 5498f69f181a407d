import { ConfigurationError, formatProblem, type Problem } from '../errors';
import { openOrtModel } from '../inferencer/sessions/ort-model';
import { describeFormat, type FlowFormat } from '../pipeline/format';
import { assemblePipeline, type AssembledPipeline } from '../serving/assemble-pipeline';

/**
 * Checks each source as the server would, its model opened too, and tells of each that is right.
 * @throws ConfigurationError with the problems of all.
 */
export async function validatePipelines(
  sources: readonly string[],
  components: readonly string[],
  tell: (line: string) => void,
): Promise<void> {
  const problems: Problem[] = [];
  for (const source of sources) {
    try {
      const assembled = await assemblePipeline(source, { components });
      try {
        const { session } = await openOrtModel({ modelFile: assembled.modelFile, threads: 1 });
        await session.release();
        tell(`${source}: ${describe(assembled)}`);
        for (const note of assembled.notes) tell(formatProblem(`${source}: note`, note));
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

function describe({ document, checked }: AssembledPipeline): string {
  return `ok: ${document.name}: ${formats(checked.input)} → ${formats(checked.output)}`;
}

function formats(flow: FlowFormat): string {
  return [...flow].map(([name, format]) => `${name} ${describeFormat(format)}`).join(', ');
}
