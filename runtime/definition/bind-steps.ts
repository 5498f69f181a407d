import { stepParameters, type Step } from './pipeline-document';
import { joinPaths } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { messageOf, type Problem } from '../../contracts/program/problem';
import { writtenBetween, type UseNode } from './plan';
import { advanceFlow, lostFlow, type FlowState } from './flow-state';
import { describeFormat, UNKNOWN_FLOW, type FlowFormat } from '../formats/format';
import { type CheckableTransformation, type StepNames } from '../transformations/transformation';

/** Where the transformations of a pipeline's steps come from. */
export interface StepResolver<T extends CheckableTransformation> {
  /** The transformation that a step uses; `undefined` when there is none. */
  resolve(step: Step): T | undefined;
  /** Names that could have been meant, for the message about one that is unknown. */
  readonly knownNames: readonly string[];
}

export interface BoundSteps<T extends CheckableTransformation> {
  readonly nodes: readonly UseNode<T>[];
  readonly state: FlowState;
}

interface StepPosition {
  readonly path: string;
  readonly label: string;
}

function listed(names: Iterable<string>): string {
  return [...names].join(', ') || 'none';
}

function resolveStep<T extends CheckableTransformation>(
  step: Step,
  { path }: StepPosition,
  resolver: StepResolver<T>,
  problems: Problem[],
): { transformation: T; parameters: unknown } | undefined {
  const transformation = resolver.resolve(step);
  if (!transformation) {
    const { knownNames } = resolver;
    problems.push({
      path: `${path}.use`,
      message: `there is no transformation "${step.use}"${didYouMean(step.use, knownNames)}; there are: ${listed(knownNames)}`,
    });
    return undefined;
  }
  const parsed = transformation.parse(stepParameters(step));
  if ('parameters' in parsed) return { transformation, parameters: parsed.parameters };
  for (const problem of parsed.problems) {
    problems.push({ path: joinPaths(path, problem.path), message: problem.message });
  }
  return undefined;
}

/** What the step works on and what it calls its result, or the problem with that. */
function nameValues(
  step: Step,
  transformation: CheckableTransformation,
  flow: FlowFormat,
  current: string | undefined,
): StepNames | Problem {
  if (transformation.ignoresOn) {
    if (step.on === undefined && step.as === undefined) return { on: current ?? '', as: current ?? '' };
    const key = step.on === undefined ? 'as' : 'on';
    return { path: key, message: `has no meaning for ${step.use}: its parameters name its values` };
  }
  const on = step.on ?? current;
  const values = listed(flow.keys());
  if (on === undefined) {
    return { path: 'on', message: `is missing; ${step.use} could work on each of: ${values}` };
  }
  if (!flow.has(on)) {
    return {
      path: 'on',
      message: `there is no value "${on}"${didYouMean(on, [...flow.keys()])}; there are: ${values}`,
    };
  }
  if (step.as !== undefined && step.as !== on && flow.has(step.as)) {
    return { path: 'as', message: `there is a value "${step.as}" already` };
  }
  return { on, as: step.as ?? on };
}

function runFormatStep(
  step: Step,
  { transformation, parameters }: { transformation: CheckableTransformation; parameters: unknown },
  flow: FlowFormat,
  names: StepNames,
): FlowFormat | string {
  try {
    return transformation.formatFlow(flow, parameters, names);
  } catch (error) {
    const input = flow.get(names.on);
    const got = input ? ` got ${describeFormat(input)} as "${names.on}"` : '';
    return `${step.use}${got}: ${messageOf(error)}`;
  }
}

function bindStep<T extends CheckableTransformation>(
  step: Step,
  position: StepPosition,
  state: FlowState,
  resolver: StepResolver<T>,
  problems: Problem[],
): { node?: UseNode<T>; state: FlowState } {
  const resolved = resolveStep(step, position, resolver, problems);
  const { flow } = state;
  if (!resolved || !flow) return { state: lostFlow(state) };
  const names = nameValues(step, resolved.transformation, flow, state.current);
  if ('message' in names) {
    problems.push({ path: joinPaths(position.path, names.path), message: names.message });
    return { state: lostFlow(state) };
  }
  const output = runFormatStep(step, resolved, flow, names);
  if (typeof output === 'string') {
    problems.push({ path: position.path, message: output });
    return { state: lostFlow(state) };
  }
  if (output === UNKNOWN_FLOW) return { state: lostFlow(state) };
  return {
    node: {
      kind: 'use',
      ...position,
      ...resolved,
      names,
      // A transformation over all values reads what its parameters say, which only it knows.
      reads: resolved.transformation.over === 'value' ? [names.on] : [...flow.keys()],
      writes: [...new Set([names.as, ...writtenBetween(flow, output)])],
      ...(step.timeoutMs !== undefined && { timeoutMs: step.timeoutMs }),
      input: flow,
      output,
    },
    state: advanceFlow(state, output, names, position.label),
  };
}

/**
 * Checks a section's steps in turn, each with what the one before leaves. After a step that fails the formats are not
 * known, so only the parameters of later ones are checked.
 */
export function bindSteps<T extends CheckableTransformation>(
  section: 'preprocessing' | 'postprocessing',
  steps: readonly Step[],
  start: FlowState,
  resolver: StepResolver<T>,
  problems: Problem[],
): BoundSteps<T> {
  const nodes: UseNode<T>[] = [];
  let state = start;
  steps.forEach((step, i) => {
    const path = `${section}[${i}]`;
    const result = bindStep(step, { path, label: `${path} ${step.use}` }, state, resolver, problems);
    if (result.node) nodes.push(result.node);
    state = result.state;
  });
  return { nodes, state };
}
