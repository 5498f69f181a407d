import { ConfigurationError, type Problem } from '../../contracts/program/problem';
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

/** What the check of a document has found that cannot change any more. */
const verdicts = new WeakMap<PipelineDocumentInput, CheckedDocument>();

/** The document with its defaults, or what its schema refuses. Formats are not checked. */
export function completeDocument(
  input: PipelineDocumentInput,
): { readonly value: PipelineDocument } | { readonly problems: readonly Problem[] } {
  return parseWith(pipelineDocumentSchema, input);
}

/** The built-in steps of a complete document with their parameters, and its formats as far as they are known. Pure. */
export function checkFormats(
  document: PipelineDocument,
  { model, resolveComponent = absentComponent, componentNames = [] }: CheckDocumentOptions = {},
): CheckResult<CheckableTransformation> {
  return checkPipeline<CheckableTransformation>(document, {
    resolve: (step) => resolveBuiltIn(step) ?? resolveComponent(step),
    knownNames: [...BUILT_IN_NAMES, ...componentNames],
    ...(model && { model }),
  });
}

/**
 * Checks a document as a whole: its schema, its built-in steps with their parameters, and the formats from the request to
 * the answer as far as they are known without components and model. Pure; a document of `definePipeline` is not checked a
 * second time.
 */
export function checkDocument(input: PipelineDocumentInput, options?: CheckDocumentOptions): CheckedDocument {
  const known = options === undefined ? verdicts.get(input) : undefined;
  if (known !== undefined) return known;
  const completed = completeDocument(input);
  if ('problems' in completed) return { problems: completed.problems, notes: [], remarks: [] };
  return { document: completed.value, ...checkFormats(completed.value, options) };
}

/**
 * Types a document that is written in TypeScript, and checks it where it is written. It is frozen, so that the verdict stays
 * true: change a copy.
 * @throws ConfigurationError with every problem.
 */
export function definePipeline(input: PipelineDocumentInput): PipelineDocumentInput {
  const checked = checkDocument(input);
  const name: unknown = (input as { name?: unknown } | undefined)?.name;
  if (checked.problems.length > 0) throw new ConfigurationError(`pipeline ${String(name)}`, checked.problems);
  freeze(input);
  verdicts.set(input, checked);
  return input;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value))
    return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}
