import { resolveBuiltIn } from '../../../runtime/transformations/built-in-step';
import { type FlowFormat, type TensorFormat } from '../../../runtime/formats/format';
import { isTensor, type Flow, type Tensor, type Value } from '../../../runtime/tensor/tensor';

interface WrittenStep {
  readonly use: string;
  readonly on?: string;
  readonly as?: string;
  readonly [parameter: string]: unknown;
}

/** A step as a document writes it, its parameters parsed; ready to run over flows and over formats. */
export function writtenStep({ use, on = 'a', as = on, ...parameters }: WrittenStep) {
  const step = resolveBuiltIn({ use });
  if (!step) throw new Error(`no built-in ${use}`);
  const parsed = step.parse(parameters);
  if ('problems' in parsed)
    throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const names = { on, as };
  return {
    format: (flow: FlowFormat) => step.formatFlow(flow, parsed.parameters, names),
    /** For steps that are done at once. */
    apply(flow: Flow): Flow {
      const result = step.applyFlow(flow, parsed.parameters, names);
      if (result instanceof Promise) throw new Error(`${use} is not done at once`);
      return result;
    },
    applyLater: async (flow: Flow): Promise<Flow> => step.applyFlow(flow, parsed.parameters, names),
  };
}

/** The problems of a step's parameters, as `path: message`. */
export function parameterProblems(use: string, parameters: Record<string, unknown>): string[] {
  const parsed = resolveBuiltIn({ use })!.parse(parameters);
  return 'problems' in parsed ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

export function flowOf(values: Readonly<Record<string, Value>>): Flow {
  return new Map(Object.entries(values));
}

/** Runs a step over one value. */
export function applyTo(input: Value, step: WrittenStep): Tensor {
  const result = writtenStep(step)
    .apply(flowOf({ a: input }))
    .get('a')!;
  if (!isTensor(result)) throw new Error('got a list');
  return result;
}

export function format(facts: Omit<TensorFormat, 'kind'>): TensorFormat {
  return { kind: 'tensor', ...facts };
}

/** Runs a format step over one value's format. */
export function formatOf(facts: Omit<TensorFormat, 'kind'>, step: WrittenStep): TensorFormat {
  return writtenStep(step)
    .format(new Map([['a', format(facts)]]))
    .get('a') as TensorFormat;
}
