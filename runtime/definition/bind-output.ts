import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { toTensorFormat } from '../formats/format';
import { type TensorFormatDocument } from '../../contracts/package/tensor-format-schema';
import { type Problem } from '../../contracts/program/problem';
import { compareFormats } from '../formats/compare-formats';
import {
  ATTRIBUTE_NAMES,
  describeFormat,
  withFormat,
  type FlowFormat,
  type TensorFormat,
  type ValueFormat,
} from '../formats/format';
import { SymbolBindings } from '../formats/symbol-bindings';
import { leftOutMessage } from './model-mapping';

export interface BoundOutput {
  readonly output: FlowFormat;
  /** Those that the document declares: each answer is compared with them. */
  readonly promised: FlowFormat;
  readonly outputValues: ReadonlyMap<string, string>;
}

/**
 * What is known of a tensor of the answer: what the document says, and what the check has found beyond. A size that the
 * document leaves open stays open: the one that was found may come from the model's file, where exporters write wrong ones.
 */
function refine(declared: TensorFormat, found: TensorFormat): TensorFormat {
  const { dtype = found.dtype, shape = found.shape } = declared;
  return withFormat({ ...found, ...declared }, { dtype, shape });
}

/** What explains that an output is not there. */
export interface OutputContext {
  /** Outputs of the model that are no tensors, and what they are. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** Values before the model. */
  readonly before?: FlowFormat;
}

/** The value that a declared output is. The only output may be the only value, whatever their names. */
function valueFor(name: string, outputs: number, flow: FlowFormat): string | undefined {
  if (flow.has(name)) return name;
  return outputs === 1 && flow.size === 1 ? [...flow.keys()][0] : undefined;
}

function bindDeclared(
  name: string,
  declared: TensorFormat,
  found: ValueFormat,
  symbols: SymbolBindings,
): TensorFormat | string {
  if (found.kind === 'list') return `is ${describeFormat(found)}; an answer holds tensors, stack it first`;
  // What nobody has said of the numbers, the document may say of them; it may not contradict.
  const unsaid = ATTRIBUTE_NAMES.filter((name) => found[name] === undefined);
  const expected = { ...declared, ...Object.fromEntries(unsaid.map((name) => [name, undefined])) };
  const reasons = compareFormats(expected, found, symbols);
  if (reasons.length === 0) return refine(declared, found);
  return `expected ${describeFormat(declared)}, the last step leaves ${describeFormat(found)} for "${name}": ${reasons.join('; ')}`;
}

/** Everything that the last step leaves. */
function bindAll(flow: FlowFormat, problems: Problem[]): BoundOutput {
  for (const [name, format] of flow) {
    if (format.kind === 'list') {
      const message = `"${name}" is ${describeFormat(format)}; an answer holds tensors, stack it first`;
      problems.push({ path: 'output', message });
    }
  }
  // What only the model's file says is not promised to anybody.
  const outputValues = new Map([...flow.keys()].map((name) => [name, name]));
  return { output: flow, promised: new Map(), outputValues };
}

/**
 * Binds what the last step leaves to the answer, and checks it against what the document declares.
 */
export function bindOutput(
  declared: Readonly<Record<string, TensorFormatDocument>> | undefined,
  flow: FlowFormat,
  problems: Problem[],
  { leftOut = {}, before }: OutputContext = {},
): BoundOutput {
  if (!declared) return bindAll(flow, problems);
  const entries = Object.entries(declared);
  const symbols = new SymbolBindings();
  const output = new Map<string, ValueFormat>();
  const outputValues = new Map<string, string>();
  for (const [name, format] of entries) {
    const path = formatPath(['output', name]);
    if (!flow.has(name) && Object.hasOwn(leftOut, name)) {
      problems.push({ path, message: leftOutMessage(name, leftOut[name]) });
      continue;
    }
    const value = valueFor(name, entries.length, flow);
    if (value === undefined) {
      const values = [...flow.keys()];
      problems.push({
        path,
        message: `the last step leaves no value "${name}"${didYouMean(name, values)}; it leaves: ${values.join(', ')}${before?.has(name) ? `. keep: [${name}] keeps that from before the model` : ''}`,
      });
      continue;
    }
    const bound = bindDeclared(value, toTensorFormat(format), flow.get(value)!, symbols);
    if (typeof bound === 'string') problems.push({ path, message: bound });
    else {
      output.set(name, bound);
      outputValues.set(name, value);
    }
  }
  return { output, promised: output, outputValues };
}
