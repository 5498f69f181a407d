import { formatPath } from '../../contracts/program/document-path';
import { type PipelineDocument } from './pipeline-document';
import { toTensorFormat } from '../formats/format';
import { type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { bindModelInputs } from './bind-model-inputs';
import { bindModelOutputs } from './bind-model-outputs';
import { bindOutput } from './bind-output';
import { bindSteps, type StepResolver } from './bind-steps';
import { SERVICE_FORMATS } from './service-formats';
import { type CheckedPipeline, type ModelBinding } from './checked-pipeline';
import { startFlow, type FlowState } from './flow-state';
import { type FlowFormat } from '../formats/format';
import { type CheckableTransformation } from '../transformations/transformation';

export interface CheckOptions<T extends CheckableTransformation> extends StepResolver<T> {
  /** What the model's file says of its inputs and outputs; without it they are not checked. */
  readonly model?: ModelMetadata;
}

export interface CheckResult<T extends CheckableTransformation> {
  /** Everything that keeps the pipeline from being served. */
  readonly problems: readonly Problem[];
  /** What is allowed, but probably not meant. */
  readonly notes: readonly Problem[];
  /** Present when there are no problems, every transformation is at hand, and so is the model's metadata. */
  readonly pipeline?: CheckedPipeline<T>;
}

function inputFlow(document: PipelineDocument): FlowFormat {
  return new Map(Object.entries(document.input).map(([name, format]) => [name, toTensorFormat(format)]));
}

/** Inputs that nothing reads. */
function unusedInputs(input: FlowFormat, state: FlowState, bindings: readonly ModelBinding[]): Problem[] {
  const bound = new Set(bindings.map(({ value }) => value));
  return [...input.keys()]
    .filter((name) => !state.used.has(name) && !bound.has(name))
    .map((name) => ({ path: formatPath(['input', name]), message: 'nothing uses this input' }));
}

/**
 * Checks the formats of a pipeline from the request to the answer: each step with what the one before leaves, the model
 * with what its own file says, the answer with what the document declares. Pure; run at load, by the command line and by
 * the constructs. Every problem names its place in the document, what was found there and what was expected.
 */
export function checkPipeline<T extends CheckableTransformation>(
  document: PipelineDocument,
  options: CheckOptions<T>,
): CheckResult<T> {
  const problems: Problem[] = [];
  const input = inputFlow(document);
  const before = bindSteps('preprocessing', document.preprocessing, startFlow(input), options, problems);
  const inputs = bindModelInputs(document.model, before.state, options.model, problems);
  const modelOutputs =
    options.model && bindModelOutputs(document.model, options.model, inputs, before.state.flow, problems);
  const answered = modelOutputs && new Map(modelOutputs.map(({ value, format }) => [value, format]));
  const after = bindSteps('postprocessing', document.postprocessing, startFlow(answered), options, problems);
  const bound = after.state.flow && bindOutput(document.output, after.state.flow, problems);
  problems.push(...SERVICE_FORMATS[document.service](input, bound?.output));

  // Who uses what is known only when every step and the model are.
  const complete = before.state.flow !== undefined && options.model !== undefined;
  const notes = complete ? unusedInputs(input, before.state, inputs.bindings) : [];
  if (problems.length > 0 || !before.state.flow || !modelOutputs || !bound) return { problems, notes };
  return {
    problems,
    notes,
    pipeline: {
      document,
      input,
      preprocessing: before.steps,
      modelInputs: inputs.bindings,
      modelOutputs,
      postprocessing: after.steps,
      ...bound,
    },
  };
}
