import { PIPELINE_NAME } from '../../contracts/names/name-patterns';
import { type TokenRights } from '../../contracts/program/token-file';
import { InferenceError } from '../errors';

/** Stands for every pipeline, including ones that are added later. */
export const EVERY_PIPELINE = '*';

/** The owner of a token, and what the token allows. */
export interface Caller {
  readonly name: string;
  /** Names of the pipelines that it may call; `*` stands for all. */
  readonly pipelines: readonly string[];
  /** Epoch milliseconds at which the token expires; absent: never. */
  readonly expiresMs?: number;
}

/** @throws InferenceError PERMISSION_DENIED that says which pipelines the caller has. */
export function requireRight({ name, pipelines }: Caller, pipeline: string): void {
  if (pipelines.includes(EVERY_PIPELINE) || pipelines.includes(pipeline)) return;
  const allowed = pipelines.map((known) => `'${known}'`).join(', ') || 'none';
  throw new InferenceError(
    'PERMISSION_DENIED',
    `the token of '${name}' does not allow pipeline '${pipeline}'; it allows ${allowed} (x-pipeline names the pipeline)`,
  );
}

/** Whether a word of a list of rights is a pipeline's name or `*`. */
export function isRight(word: string): boolean {
  return word === EVERY_PIPELINE || PIPELINE_NAME.test(word);
}

/** What a line in the file of `--tokens` allows: pipelines. */
export const PIPELINE_RIGHTS: TokenRights<readonly string[]> = {
  description: 'the pipelines (names with commas between them, or *)',
  parse: (word) => {
    const pipelines = word.split(',');
    return pipelines.every(isRight) ? pipelines : undefined;
  },
};
