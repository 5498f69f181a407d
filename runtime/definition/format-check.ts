import { didYouMean } from '../../contracts/names/nearest-name';
import { formatPath } from '../../contracts/program/document-path';
import { type PipelineDocument } from './pipeline-document';
import { describeFormat, toTensorFormat } from '../formats/format';
import { type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { bindModelInputs } from './bind-model-inputs';
import { bindModelOutputs } from './bind-model-outputs';
import { bindOutput } from './bind-output';
import { bindSteps, type StepResolver } from './bind-steps';
import { checkServices } from './service-formats';
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
  /** What the document leaves out or to the model: for its author, who may want to know it. */
  readonly remarks: readonly Problem[];
  /** Present when there are no problems, and every transformation and the model's metadata are at hand. */
  readonly plan?: Plan<T>;
}

function inputFlow(document: PipelineDocument): FlowFormat {
  return new Map(Object.entries(document.input).map(([name, format]) => [name, toTensorFormat(format)]));
}

/** Inputs that nothing reads. */
function unusedInputs(
  input: FlowFormat,
  { keep = [] }: PipelineDocument,
  state: FlowState,
  bindings: readonly ModelBinding[],
): Problem[] {
  const bound = new Set([...keep, ...bindings.map(({ value }) => value)]);
  return [...input.keys()]
    .filter((name) => !state.used.has(name) && !bound.has(name))
    .map((name) => ({ path: formatPath(['input', name]), message: 'nothing uses this input' }));
}

/** Inputs and outputs of the model that are no tensors. */
function leftOutNotes(model: ModelMetadata | undefined): Problem[] {
  return Object.entries(model?.leftOut ?? {}).map(([name, what]) => ({
    path: 'model',
    message: `its "${name}" is ${what} and is left out; export it as a tensor to have it`,
  }));
}

/** Optional inputs for which the model's own values are used. */
function unboundInputs(model: ModelMetadata | undefined, bindings: readonly ModelBinding[]): Problem[] {
  const bound = new Set(bindings.map((binding) => binding.model));
  const unbound = Object.entries(model?.optionalInputs ?? {}).filter(([name]) => !bound.has(name));
  return unbound.map(([name, format]) => ({
    path: 'model.inputs',
    message: `the optional input "${name}" (${describeFormat(format)}) is not bound; the value in the model's file is used`,
  }));
}

/** Values that the last step leaves and no output answers. */
function unansweredValues(flow: FlowFormat, outputValues: ReadonlyMap<string, string>): Problem[] {
  const answered = new Set(outputValues.values());
  return [...flow]
    .filter(([name]) => !answered.has(name))
    .map(([name, format]) => ({
      path: 'output',
      message: `leaves out "${name}" (${describeFormat(format)})`,
    }));
}

/** The document's model as a node; after it its own outputs and what is kept are values of the pipeline. */
function inferNode(
  { model }: PipelineDocument,
  input: FlowFormat,
  inputs: readonly ModelBinding[],
  outputs: readonly ModelBinding[],
  output: FlowFormat,
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
    output,
    inputs,
    outputs,
    ...(isBatch && { imageIndex: model.imageIndex }),
  };
}

/** The values after the model: its outputs, and those from before it that the document keeps. */
function flowAfter(
  { keep = [] }: PipelineDocument,
  before: FlowFormat | undefined,
  outputs: readonly ModelBinding[],
  problems: Problem[],
): FlowFormat | undefined {
  const flow = new Map(outputs.map(({ value, format }) => [value, format]));
  if (keep.length === 0) return flow;
  if (!before) return undefined;
  for (const [index, name] of keep.entries()) {
    const path = `keep[${index}]`;
    const format = before.get(name);
    const names = [...before.keys()];
    if (format === undefined) {
      const hint = `${didYouMean(name, names)}; there are: ${names.join(', ')}`;
      problems.push({ path, message: `there is no value "${name}" before the model${hint}` });
    } else if (flow.has(name)) {
      const message = `"${name}" is kept already or the name of an output of the model; model.outputs can rename that`;
      problems.push({ path, message });
    } else flow.set(name, format);
  }
  return flow;
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
  const left = outputs && flowAfter(document, flow, outputs, problems);
  const start = startFlow(left, outputs?.length === 1 ? outputs[0].value : undefined);
  const after = bindSteps('postprocessing', document.postprocessing, start, options, problems);
  const bound =
    after.state.flow &&
    bindOutput(document.output, after.state.flow, problems, {
      leftOut: options.model?.leftOut,
      before: flow,
    });
  problems.push(...checkServices(document, input, bound?.output));

  // Who uses what is known only when every step and the model are.
  const complete = flow !== undefined && options.model !== undefined;
  const notes = [
    ...(complete ? unusedInputs(input, document, before.state, inputs.bindings) : []),
    ...leftOutNotes(options.model),
  ];
  if (problems.length > 0 || !flow || !outputs || !left || !bound || !after.state.flow)
    return { problems, notes, remarks: [] };
  return {
    problems,
    notes,
    remarks: [
      ...unboundInputs(options.model, inputs.bindings),
      ...unansweredValues(after.state.flow, bound.outputValues),
    ],
    plan: {
      document,
      input,
      nodes: [...before.nodes, inferNode(document, flow, inputs.bindings, outputs, left), ...after.nodes],
      models: modelsOf(document),
      ...bound,
    },
  };
}
