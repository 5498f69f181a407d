import { ConfigurationError } from '../../contracts/program/problem';
import { BUILT_IN_NAMES, resolveBuiltIn } from '../transformations/built-in-step';
import { checkPipeline, type CheckResult } from './format-check';
import { UNKNOWN_FLOW } from '../formats/format';
import { type CheckableTransformation } from '../transformations/transformation';
import { type ModelMetadata } from '../formats/model-metadata';
import { pipelineDocumentSchema, type PipelineDocument, type Step } from './pipeline-document';
import { parseWith } from '../../contracts/program/schema-problems';
import { type PipelineDocumentInput } from './typed-document';

export { type CheckableTransformation };

export interface CheckDocumentOptions {
  /** What the model's file says of its inputs and outputs. @default - not checked */
  readonly model?: ModelMetadata;
  /**
   * Finds the transformations of components.
   * @default - every name that is not built in is taken for a component, and formats are not known after it
   */
  readonly resolveComponent?: (step: Step) => CheckableTransformation | undefined;
  /** Names of the components, for the message about an unknown one. */
  readonly componentNames?: readonly string[];
}

export interface CheckedDocument extends CheckResult<CheckableTransformation> {
  /** The document with its defaults; absent when it does not fit the schema. */
  readonly document?: PipelineDocument;
}

/** Stands for a component that is not at hand: any parameters are taken, and what it leaves is not known. */
export function absentComponent({ use }: Step): CheckableTransformation {
  return { name: use, parse: (parameters) => ({ parameters }), formatFlow: () => UNKNOWN_FLOW };
}

/**
 * Checks a document as a whole: its schema, its built-in steps with their parameters, and the formats from the request to
 * the answer as far as they are known without components and model. Pure.
 */
export function checkDocument(
  input: PipelineDocumentInput,
  { model, resolveComponent = absentComponent, componentNames = [] }: CheckDocumentOptions = {},
): CheckedDocument {
  const parsed = parseWith(pipelineDocumentSchema, input);
  if ('problems' in parsed) return { problems: parsed.problems, notes: [] };
  const document = parsed.value;
  const result = checkPipeline<CheckableTransformation>(document, {
    resolve: (step) => resolveBuiltIn(step) ?? resolveComponent(step),
    knownNames: [...BUILT_IN_NAMES, ...componentNames],
    ...(model && { model }),
  });
  return { document, ...result };
}

/**
 * Types a document that is written in TypeScript, and checks it where it is written.
 * @throws ConfigurationError with every problem.
 */
export function definePipeline(input: PipelineDocumentInput): PipelineDocumentInput {
  const { problems } = checkDocument(input);
  const name: unknown = (input as { name?: unknown } | undefined)?.name;
  if (problems.length > 0) throw new ConfigurationError(`pipeline ${String(name)}`, problems);
  return input;
}
