import { parentPort, workerData } from 'node:worker_threads';
import { FormatError, type FlowFormat } from '../formats/format';
import { applyFlow, formatFlow } from '../transformations/transformation-flow';
import { type AnyTransformation, type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { dirname } from 'node:path';
import { checkFlowFormat } from './check-format';
import { checkFlow } from './check-result';
import { compactFlow } from './compact-flow';
import { ComponentOutput } from './component-output';
import { describeThrown, foldersOf } from './describe-thrown';
import { loadDefinition } from './load-definition';
import {
  type HostAnswer,
  type HostJob,
  type HostMessage,
  type HostQuestion,
  type HostReport,
  type HostThreadData,
  type HostedStep,
  type Numbered,
} from './transformation-host-protocol';

// The thread in which the code of components runs: nothing that it does or fails to do reaches the server's thread.

const { components, steps, signal, questions } = workerData as HostThreadData;
const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');

// An author of TypeScript looks for a line of the source, where the package has its source map.
process.setSourceMapsEnabled(true);

interface LoadedComponent {
  readonly name: string;
  readonly folders: readonly string[];
  readonly definition: AnyTransformation;
}

const loaded = new Map<string, LoadedComponent>();
const prepared: { component: LoadedComponent; parameters: unknown }[] = [];

function report(message: HostReport): void {
  port?.postMessage(message);
}

const output = new ComponentOutput((component, stream, text) =>
  report({ kind: 'output', component, stream, text }),
);

function take(step: HostedStep): HostAnswer {
  const component = loaded.get(step.component);
  if (component === undefined) return { failed: `component '${step.component}' is not loaded` };
  const { name, definition, folders } = component;
  try {
    const result = output.run(name, () => definition.parameters.safeParse(step.parameters));
    if (result.success) {
      prepared.push({ component, parameters: result.data });
      return { parsed: prepared.length - 1 };
    }
    return {
      problems: result.error.issues.map((issue) => ({
        path: issue.path.map(String).join('.'),
        message: String(issue.message),
      })),
    };
  } catch (error) {
    return { failed: `the check of its parameters failed: ${described(error, folders)}` };
  }
}

function format(handle: number, flow: FlowFormat, names: StepNames): HostAnswer {
  const { component, parameters } = prepared[handle];
  const { name, definition, folders } = component;
  let returned: unknown;
  try {
    returned = output.run(name, () => formatFlow(definition, flow, parameters, names));
  } catch (error) {
    return isRefusal(error)
      ? { refused: describeThrown(error, folders).message }
      : { failed: `its format step threw: ${described(error, folders)}` };
  }
  try {
    return { flow: checkFlowFormat(returned, name) };
  } catch (error) {
    return { failed: describeThrown(error).message };
  }
}

/** A FormatError of the component's own copy of the package is one as well. */
function isRefusal(error: unknown): boolean {
  try {
    return error instanceof FormatError || (error as Error | undefined)?.name === 'FormatError';
  } catch {
    return false;
  }
}

function described(error: unknown, folders: readonly string[]): string {
  const { message, place } = describeThrown(error, folders);
  return place === undefined ? message : `${message} (${place})`;
}

async function apply({ handle, flow, names }: HostJob): Promise<Flow> {
  const { component, parameters } = prepared[handle];
  return compactFlow(
    checkFlow(
      await output.run(component.name, () => applyFlow(component.definition, flow, parameters, names)),
    ),
  );
}

function load(): void {
  for (const { name, entry, directory = dirname(entry) } of components) {
    const folders = foldersOf(directory, entry);
    const definition = output.run(name, () => loadDefinition(name, entry, folders));
    loaded.set(name, { name, folders, definition });
  }
  for (const step of steps) take(step);
}

questions.on('message', ({ id, content }: Numbered<HostQuestion>) => {
  const answer =
    content.ask === 'parse' ? take(content.step) : format(content.handle, content.flow, content.names);
  questions.postMessage({ id, content: answer } satisfies Numbered<HostAnswer>);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});

/** The reason of a rejection that nothing handled while a job ran: that job's error. */
let stray: { readonly reason: unknown } | undefined;
process.on('unhandledRejection', (reason) => (stray ??= { reason }));

async function run(job: HostJob): Promise<void> {
  stray = undefined;
  try {
    const flow = await apply(job);
    // Rejections that nothing handles are known only after this turn of the event loop.
    await new Promise(setImmediate);
    if (stray !== undefined) throw (stray as { reason: unknown }).reason;
    output.flush();
    report({ kind: 'done', id: job.id, flow });
  } catch (error) {
    const { folders } = prepared[job.handle].component;
    output.flush();
    report({ kind: 'threw', id: job.id, thrown: describeThrown(error, folders) });
  }
}

// One job at a time, so that the owner knows which one hangs.
let last: Promise<void> = Promise.resolve();
port.on('message', (message: HostMessage) => {
  last = last.then(() => ('take' in message ? void take(message.take) : run(message)));
});

let outcome: HostReport = { kind: 'loaded' };
try {
  load();
} catch (error) {
  outcome = { kind: 'load-failed', message: describeThrown(error).message };
}
output.flush();
report(outcome);
