import { dirname, join } from 'node:path';
import { statSync } from 'node:fs';
import { ComponentError } from '../../contracts/package/component-error';
import { HostedTransformation } from '../components/hosted-transformation';
import { type OutputListener } from '../components/component-output';
import { LATEST, type ComponentFetcher } from '../components/component-fetcher';
import { ComponentSource } from '../components/component-source';
import { type ComponentReference, type LocalComponent } from '../components/local-components';
import { TransformationHost } from '../components/transformation-host';
import { didYouMean } from '../../contracts/names/nearest-name';
import { TrustedKeys } from '../components/trust/verify';
import { loadEngine } from '../inferencer/engines/engines';
import { type PipelineDocument, type Step } from '../definition/pipeline-document';
import { readDocument } from '../definition/read-document';
import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { BUILT_IN_NAMES, resolveBuiltIn } from '../transformations/built-in-step';
import { type CheckedPipeline } from '../definition/checked-pipeline';
import { checkPipeline } from '../definition/format-check';
import { type ModelSteps } from '../inferencer/model-side/model-steps';
import { placeSteps } from '../inferencer/model-side/place-steps';
import { type RunnableTransformation } from '../transformations/runnable-transformation';

/** Longest that loading a component's code, and one of its format steps, may take. */
const LOAD_TIMEOUT_MS = 10_000;
const FORMAT_TIMEOUT_MS = 2_000;

/** A pipeline whose parts have all been found and whose formats fit, before its model is opened. */
export interface AssembledPipeline {
  readonly document: PipelineDocument;
  /** Its steps, but for those in the thread of the model. */
  readonly checked: CheckedPipeline<RunnableTransformation>;
  /** Steps that run in the thread of the model. */
  readonly modelSteps: ModelSteps | undefined;
  readonly modelFile: string;
  /** The thread of its components' code; the caller closes it. */
  readonly host: TransformationHost | undefined;
  /** What is allowed in the document, but probably not meant. */
  readonly notes: readonly Problem[];
  /** Files and directories that it was made of. */
  readonly sources: readonly string[];
}

export interface AssembleOptions {
  /** Directories of components, after the one beside the document. */
  readonly components: readonly string[];
  /** Where to look for what is in none of them. */
  readonly fetcher?: ComponentFetcher;
  /** Keys whose signatures make code from the network run. Default: none. */
  readonly trustedKeys?: TrustedKeys;
  /** Most bytes of its requests in flight, whatever its document says. Default: as the document says. */
  readonly inFlightBytes?: number;
  readonly onHostRestart?: (reason: string) => void;
  /** A component wrote a line. */
  readonly onComponentOutput?: OutputListener;
}

/**
 * Reads a document (or reference directory), finds its model and components, and checks it as a whole.
 * @throws ConfigurationError with every problem.
 */
export async function assemblePipeline(source: string, options: AssembleOptions): Promise<AssembledPipeline> {
  const document = withinMemory(readDocument(source).document, options.inFlightBytes);
  const home = statSync(source).isDirectory() ? source : dirname(source);
  const components = new ComponentSource({
    directories: [join(home, 'components'), ...options.components],
    fetcher: options.fetcher,
    trustedKeys: options.trustedKeys ?? new TrustedKeys([]),
  });
  const problems: Problem[] = [];
  const model = await findModel(components, document, problems);
  const found = await findTransformations(components, document, problems);
  let host: TransformationHost | undefined;
  try {
    host = await startHost(found, options, problems);
    const resolve = (step: Step): RunnableTransformation | undefined =>
      resolveBuiltIn(step) ??
      (host !== undefined && found.has(step.use) ? new HostedTransformation(step.use, host) : undefined);
    const checked = checkPipeline<RunnableTransformation>(document, {
      resolve,
      knownNames: [...BUILT_IN_NAMES, ...components.names('transformation')],
      model: model?.metadata,
    });
    // A component that was not found or does not load has its problem already; that there is none of its name is no other.
    const told = new Set([
      ...problems.map(({ path }) => path),
      ...(host === undefined ? usesOf(document, found) : []),
    ]);
    problems.push(...checked.problems.filter(({ path }) => !told.has(path)));
    if (problems.length > 0 || checked.pipeline === undefined || model === undefined) {
      throw new ConfigurationError(source, problems);
    }
    const placed = placeSteps(checked.pipeline, model.metadata);
    return {
      document,
      checked: placed.checked,
      modelSteps: placed.modelSteps,
      modelFile: model.component.file,
      host,
      notes: checked.notes,
      sources: [
        source,
        watched(document.model, model.component),
        ...[...found.values()].map(({ source: path }) => path),
      ],
    };
  } catch (error) {
    await host?.close();
    throw error;
  }
}

function withinMemory(document: PipelineDocument, inFlightBytes = Infinity): PipelineDocument {
  const { admission } = document;
  return { ...document, admission: { ...admission, maxBytes: Math.min(admission.maxBytes, inFlightBytes) } };
}

interface FoundTransformation extends LocalComponent {
  readonly digest: string | undefined;
  readonly workers: number | undefined;
  readonly source: string;
}

/** What to watch of a component: its folder, or the folder of all versions where the newest is wanted. */
function watched({ version }: ComponentReference, { directory }: LocalComponent): string {
  return version === undefined || version === LATEST ? dirname(directory) : directory;
}

function onlyOneVersion(name: string, { version, digest }: FoundTransformation): string {
  const first = [version, digest].filter(Boolean).join(' ');
  return `uses another version or digest of '${name}' than the step before (${first}); a pipeline has one of each component`;
}

async function findModel(
  components: ComponentSource,
  document: PipelineDocument,
  problems: Problem[],
): Promise<{ component: LocalComponent; metadata: ModelMetadata } | undefined> {
  let component: LocalComponent;
  try {
    component = await components.find('model', document.model);
  } catch (error) {
    problems.push({ path: 'model', message: messageOf(error) });
    return undefined;
  }
  try {
    return { component, metadata: loadEngine(document.inferencer.use).metadata(component.file) };
  } catch (error) {
    problems.push({ path: 'model', message: `${component.file} ${messageOf(error)}` });
    return undefined;
  }
}

async function findTransformations(
  components: ComponentSource,
  document: PipelineDocument,
  problems: Problem[],
): Promise<Map<string, FoundTransformation>> {
  const found = new Map<string, FoundTransformation>();
  for (const section of ['preprocessing', 'postprocessing'] as const) {
    for (const [index, step] of document[section].entries()) {
      if (resolveBuiltIn(step) !== undefined) continue;
      const { use: name, version, digest, workers } = step;
      const other = found.get(name);
      if (other !== undefined) {
        const path = `${section}[${index}]`;
        if ((version ?? other.version) !== other.version || digest !== other.digest) {
          problems.push({ path: `${path}.use`, message: onlyOneVersion(name, other) });
        } else if (workers !== undefined && workers !== other.workers) {
          problems.push({
            path: `${path}.workers`,
            message: `must be ${other.workers ?? 'absent'} as in the step of '${name}' before, whose threads it shares; got ${workers}`,
          });
        }
        continue;
      }
      try {
        const reference = { name, version, digest };
        const component = await components.find('transformation', reference);
        found.set(name, { ...component, digest, workers, source: watched(reference, component) });
      } catch (error) {
        if (!(error instanceof ComponentError)) throw error;
        const hint = didYouMean(step.use, [...BUILT_IN_NAMES, ...components.names('transformation')]);
        const message = `${error.message}, nor is it a built-in (${BUILT_IN_NAMES.join(', ')})${hint}`;
        problems.push({ path: `${section}[${index}].use`, message });
      }
    }
  }
  return found;
}

/** Paths of the names of found components in the document. */
function usesOf(document: PipelineDocument, found: ReadonlyMap<string, FoundTransformation>): string[] {
  return (['preprocessing', 'postprocessing'] as const).flatMap((section) =>
    document[section].flatMap(({ use }, index) => (found.has(use) ? [`${section}[${index}].use`] : [])),
  );
}

async function startHost(
  found: ReadonlyMap<string, FoundTransformation>,
  options: AssembleOptions,
  problems: Problem[],
): Promise<TransformationHost | undefined> {
  if (found.size === 0) return undefined;
  try {
    return await TransformationHost.start({
      components: [...found.values()].map(({ name, file, directory, workers }) => ({
        name,
        entry: file,
        directory,
        workers,
      })),
      loadTimeoutMs: LOAD_TIMEOUT_MS,
      questionTimeoutMs: FORMAT_TIMEOUT_MS,
      onRestart: options.onHostRestart,
      onOutput: options.onComponentOutput,
    });
  } catch (error) {
    if (!(error instanceof ComponentError)) throw error;
    problems.push({ path: 'components', message: error.message });
    return undefined;
  }
}
