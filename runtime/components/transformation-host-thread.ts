import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../contracts/program/problem';
import { FormatError, type FlowFormat } from '../formats/format';
import { applyFlow, formatFlow } from '../transformations/transformation-flow';
import { type AnyTransformation, type StepNames } from '../transformations/transformation';
import { elementCount } from '../tensor/shape';
import { slotsPerElement } from '../tensor/dtype';
import { type Flow, type Tensor, type Value } from '../tensor/tensor';
import { loadDefinition } from './load-definition';
import {
  type HostAnswer,
  type HostJob,
  type HostQuestion,
  type HostReport,
  type HostThreadData,
  type HostedStep,
} from './transformation-host-protocol';

// The thread in which the code of components runs: nothing that it does or fails to do reaches the server's thread.

const { components, steps, signal, questions } = workerData as HostThreadData;
const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');

const definitions = new Map<string, AnyTransformation>();
const prepared: { definition: AnyTransformation; parameters: unknown }[] = [];

function report(message: HostReport): void {
  port?.postMessage(message);
}

function take(step: HostedStep): HostAnswer {
  const definition = definitions.get(step.component);
  if (definition === undefined) return { failed: `component '${step.component}' is not loaded` };
  const result = definition.parameters.safeParse(step.parameters);
  if (result.success) {
    prepared.push({ definition, parameters: result.data });
    return { parsed: prepared.length - 1 };
  }
  return {
    problems: result.error.issues.map((issue) => ({
      path: issue.path.map(String).join('.'),
      message: issue.message,
    })),
  };
}

function format(handle: number, flow: FlowFormat, names: StepNames): HostAnswer {
  const { definition, parameters } = prepared[handle];
  try {
    return { flow: formatFlow(definition, flow, parameters, names) };
  } catch (error) {
    // A FormatError of the component's own copy of the package is one as well.
    const isRefusal = error instanceof FormatError || (error as Error | undefined)?.name === 'FormatError';
    return isRefusal
      ? { refused: messageOf(error) }
      : { failed: `its format step threw: ${messageOf(error)}` };
  }
}

async function apply({ handle, flow, names }: HostJob): Promise<Flow> {
  const { definition, parameters } = prepared[handle];
  const result: unknown = await applyFlow(definition, flow, parameters, names);
  if (!(result instanceof Map)) throw new Error(`apply must return a Map of values, got ${typeof result}`);
  for (const [name, value] of result as Map<string, Value>) assertValue(name, value);
  return result as Flow;
}

function assertValue(name: string, value: Value): void {
  const items = (Array.isArray(value) ? value : [value]) as readonly (Tensor | undefined)[];
  for (const item of items) {
    if (typeof item !== 'object' || !Array.isArray(item.shape) || typeof item.data?.length !== 'number') {
      throw new Error(`apply must return a tensor { dtype, shape, data } for '${name}', got ${typeof item}`);
    }
    const expected = elementCount(item.shape) * slotsPerElement(item.dtype);
    if (item.data.length !== expected) {
      throw new Error(
        `'${name}' of shape [${item.shape.join(', ')}] must have ${expected} values, got ${item.data.length}`,
      );
    }
  }
}

function answer(question: HostQuestion): HostAnswer {
  return question.ask === 'parse'
    ? take(question.step)
    : format(question.handle, question.flow, question.names);
}

function load(): void {
  for (const { name, entry } of components) definitions.set(name, loadDefinition(name, entry));
  for (const step of steps) take(step);
}

questions.on('message', (question: HostQuestion) => {
  let result: HostAnswer;
  try {
    result = answer(question);
  } catch (error) {
    result = { failed: messageOf(error) };
  }
  questions.postMessage(result);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});

/** What a promise that nobody waits for was rejected with while a job ran: that job's error. */
let stray: { readonly reason: unknown } | undefined;
process.on('unhandledRejection', (reason) => (stray ??= { reason }));

async function run(job: HostJob): Promise<void> {
  stray = undefined;
  try {
    const flow = await apply(job);
    // Rejections that nobody handles are known only after this turn.
    await new Promise(setImmediate);
    if (stray !== undefined) throw (stray as { reason: unknown }).reason;
    report({ kind: 'done', id: job.id, flow });
  } catch (error) {
    report({ kind: 'threw', id: job.id, message: messageOf(error) });
  }
}

// One job at a time, so that the owner knows which one hangs.
let last: Promise<void> = Promise.resolve();
port.on('message', (job: HostJob) => {
  last = last.then(() => run(job));
});

try {
  load();
  report({ kind: 'loaded' });
} catch (error) {
  report({ kind: 'load-failed', message: messageOf(error) });
}
