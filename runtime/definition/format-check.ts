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
import { type InferNode, type ModelBinding, type Plan } from './plan';
import { modelsOf } from './document-parts';
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
  /** Present when there are no problems, and every transformation and the model's metadata are at hand. */
  readonly plan?: Plan<T>;
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

/** The document's model as a node; after it only its own outputs are values of the pipeline. */
function inferNode(
  { model }: PipelineDocument,
  input: FlowFormat,
  inputs: readonly ModelBinding[],
  outputs: readonly ModelBinding[],
): InferNode {
  const isBatch = model.imageIndex !== undefined && inputs.some(({ list }) => list === 'batch');
  return {
    kind: 'infer',
    path: 'model',
    label: 'model',
    model: model.name,
    reads: [...new Set(inputs.map(({ value }) => value))],
    writes: outputs.map(({ value }) => value),
    input,
    output: flowOf(outputs),
    inputs,
    outputs,
    ...(isBatch && { imageIndex: model.imageIndex }),
  };
}

function flowOf(bindings: readonly ModelBinding[]): FlowFormat {
  return new Map(bindings.map(({ value, format }) => [value, format]));
}

/**
 * Checks the formats of a pipeline from the request to the answer: each step with what the previous one leaves, the model
 * with what its own file says, the answer with what the document declares. Where all of it fits, the result is the plan that
 * is executed. Pure; run at load, by the command line and by the constructs. Every problem names its path in the document,
 * what was found there and what was expected.
 */
export function checkPipeline<T extends CheckableTransformation>(
  document: PipelineDocument,
  options: CheckOptions<T>,
): CheckResult<T> {
  const problems: Problem[] = [];
  const input = inputFlow(document);
  const before = bindSteps('preprocessing', document.preprocessing, startFlow(input), options, problems);
  const { flow } = before.state;
  const inputs = bindModelInputs(document.model, before.state, options.model, problems);
  const outputs = options.model && bindModelOutputs(document.model, options.model, inputs, flow, problems);
  const start = startFlow(outputs && flowOf(outputs));
  const after = bindSteps('postprocessing', document.postprocessing, start, options, problems);
  const bound = after.state.flow && bindOutput(document.output, after.state.flow, problems);
  problems.push(...SERVICE_FORMATS[document.service](input, bound?.output));

  // Who uses what is known only when every step and the model are.
  const complete = flow !== undefined && options.model !== undefined;
  const notes = complete ? unusedInputs(input, before.state, inputs.bindings) : [];
  if (problems.length > 0 || !flow || !outputs || !bound) return { problems, notes };
  return {
    problems,
    notes,
    plan: {
      document,
      input,
      nodes: [...before.nodes, inferNode(document, flow, inputs.bindings, outputs), ...after.nodes],
      models: modelsOf(document),
      ...bound,
    },
  };
}
