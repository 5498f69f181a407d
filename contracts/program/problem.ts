/** One thing that is wrong with a configuration: where, and one sentence of what was found and what is allowed. */
export interface Problem {
  /** Path in the document, e.g. `preprocessing[1].axis`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Thrown at load with every problem that was found, before anything is served. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(
    /** The file, directory or object that the problems are in. */
    readonly source: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map((problem) => formatProblem(source, problem)).join('\n'));
  }
}

/** `pipeline.yaml: preprocessing[1].axis: …` */
export function formatProblem(source: string, { path, message }: Problem): string {
  return [source, path, message].filter((part) => part !== '').join(': ');
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
