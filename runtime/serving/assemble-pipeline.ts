import { dirname, join } from 'node:path';
import { ComponentError } from '../../contracts/package/component-error';
import { HostedTransformation } from '../components/hosted-transformation';
import { type OutputListener } from '../components/component-output';
import { LATEST, type ComponentFetcher } from '../components/component-fetcher';
import { ComponentSource } from '../components/component-source';
import {
  AbsentComponentError,
  type ComponentReference,
  type LocalComponent,
} from '../components/local-components';
import { TransformationHost } from '../components/transformation-host';
import { didYouMean } from '../../contracts/names/nearest-name';
import { TrustedKeys } from '../components/trust/verify';
import { loadEngine } from '../inferencer/engines/engines';
import { type PipelineDocument, type Step } from '../definition/pipeline-document';
import { readDocument } from '../definition/read-document';
import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { BUILT_IN_NAMES, resolveBuiltIn } from '../transformations/built-in-step';
import { modelsOf, stepsOf } from '../definition/document-parts';
import { type InferNode, type Plan, type PlannedModel } from '../definition/plan';
import { checkPipeline } from '../definition/format-check';
import { type ModelSteps } from '../inferencer/model-side/model-steps';
import { placeSteps } from '../inferencer/model-side/place-steps';
import { type RunnableTransformation } from '../transformations/runnable-transformation';

/** Longest that loading a component's code, and one of its format steps, may take. */
const LOAD_TIMEOUT_MS = 10_000;
const FORMAT_TIMEOUT_MS = 2_000;

/** A model that a pipeline uses, as it was found. */
export interface FoundModel {
  readonly planned: PlannedModel;
  readonly component: LocalComponent;
  readonly metadata: ModelMetadata;
}

interface FoundTransformation extends LocalComponent {
  readonly digest: string | undefined;
  readonly workers: number | undefined;
  readonly source: string;
}

/** The files that a document's components are, before any of them is opened or run. */
export interface PipelineParts {
  readonly document: PipelineDocument;
  /** `sha256:…` of the document's text. */
  readonly documentDigest: string;
  /** By their keys in the plan. */
  readonly models: ReadonlyMap<string, FoundModel>;
  readonly transformations: ReadonlyMap<string, FoundTransformation>;
  /** Files and directories that the pipeline is made of. */
  readonly sources: readonly string[];
  /** What was not found, and why. */
  readonly problems: readonly Problem[];
  /** Names of all components that there are, for messages. */
  readonly knownNames: readonly string[];
}

/** A pipeline whose parts have all been found and whose formats fit, before its models are opened. */
export interface AssembledPipeline {
  readonly document: PipelineDocument;
  /** What is executed: without the steps that run in the threads of its models. */
  readonly plan: Plan<RunnableTransformation>;
  /** Steps that run in the thread of a model, by its node. */
  readonly modelSteps: ReadonlyMap<InferNode, ModelSteps>;
  readonly parts: PipelineParts;
  /** The thread of its components' code; the caller closes it. */
  readonly host: TransformationHost | undefined;
  /** What is allowed in the document, but probably not meant. */
  readonly notes: readonly Problem[];
  /** What it leaves out or to the model. */
  readonly remarks: readonly Problem[];
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
 * Reads a document (or reference directory) and finds its models and components.
 * @throws ConfigurationError when the document cannot be read; components that are missing are problems of the result.
 */
export async function findParts(source: string, options: AssembleOptions): Promise<PipelineParts> {
  const read = readDocument(source);
  const document = withinMemory(read.document, options.inFlightBytes);
  const home = read.from === 'reference-directory' ? read.path : dirname(read.path);
  const components = new ComponentSource({
    directories: [join(home, 'components'), ...options.components],
    fetcher: options.fetcher,
    trustedKeys: options.trustedKeys ?? new TrustedKeys([]),
  });
  const problems: Problem[] = [];
  const models = await findModels(
    components,
    read.from === 'model' ? read.path : undefined,
    document,
    problems,
  );
  const transformations = await findTransformations(components, document, problems);
  return {
    document,
    documentDigest: read.digest,
    models,
    transformations,
    sources: [
      read.path,
      ...(read.from === 'model'
        ? []
        : [...models.values()].map(({ planned, component }) => watched(planned.document, component))),
      ...[...transformations.values()].map(({ source: path }) => path),
    ],
    problems,
    knownNames: [...BUILT_IN_NAMES, ...components.names('transformation')],
  };
}

/**
 * Finds what a document names, and checks it as a whole.
 * @throws ConfigurationError with every problem.
 */
export async function assemblePipeline(source: string, options: AssembleOptions): Promise<AssembledPipeline> {
  const parts = await findParts(source, options);
  const { document, models, transformations, knownNames } = parts;
  const problems = [...parts.problems];
  let host: TransformationHost | undefined;
  try {
    host = await startHost(transformations, options, problems);
    const resolve = (step: Step): RunnableTransformation | undefined =>
      resolveBuiltIn(step) ??
      (host !== undefined && transformations.has(step.use)
        ? new HostedTransformation(step.use, host)
        : undefined);
    const [model] = models.values();
    const checked = checkPipeline<RunnableTransformation>(document, {
      resolve,
      knownNames,
      model: (model as FoundModel | undefined)?.metadata,
    });
    // A component that was not found or does not load has its problem already; that there is none of its name is no other.
    const reported = new Set([
      ...problems.map(({ path }) => path),
      ...(host === undefined ? usesOf(document, transformations) : []),
    ]);
    problems.push(...checked.problems.filter(({ path }) => !reported.has(path)));
    if (problems.length > 0 || checked.plan === undefined) throw new ConfigurationError(source, problems);
    const placed = placeSteps(checked.plan, (key) => models.get(key)!.metadata);
    const { notes, remarks } = checked;
    return { document, ...placed, parts, host, notes, remarks };
  } catch (error) {
    await host?.close();
    throw error;
  }
}

function withinMemory(document: PipelineDocument, inFlightBytes = Infinity): PipelineDocument {
  const { admission } = document;
  return { ...document, admission: { ...admission, maxBytes: Math.min(admission.maxBytes, inFlightBytes) } };
}

/** What to watch of a component: its folder, or the folder of all versions where the newest is wanted. */
function watched({ version }: ComponentReference, { directory }: LocalComponent): string {
  return version === undefined || version === LATEST ? dirname(directory) : directory;
}

function onlyOneVersion(name: string, { version, digest }: FoundTransformation): string {
  const first = [version, digest].filter(Boolean).join(' ');
  return `uses another version or digest of '${name}' than the step before (${first}); a pipeline has one of each component`;
}

async function findModels(
  components: ComponentSource,
  /** The model itself, where the document is made of it. */
  ownFile: string | undefined,
  document: PipelineDocument,
  problems: Problem[],
): Promise<Map<string, FoundModel>> {
  const found = new Map<string, FoundModel>();
  for (const [key, planned] of modelsOf(document)) {
    const { path } = planned;
    let component: LocalComponent;
    try {
      const { name, version } = planned.document;
      component =
        ownFile === undefined
          ? await components.find('model', planned.document)
          : { kind: 'model', name, version, directory: dirname(ownFile), file: ownFile };
    } catch (error) {
      problems.push({ path, message: messageOf(error) });
      continue;
    }
    try {
      found.set(key, {
        planned,
        component,
        metadata: loadEngine(planned.inferencer.use).metadata(component.file),
      });
    } catch (error) {
      problems.push({ path, message: `${component.file} ${messageOf(error)}` });
    }
  }
  return found;
}

async function findTransformations(
  components: ComponentSource,
  document: PipelineDocument,
  problems: Problem[],
): Promise<Map<string, FoundTransformation>> {
  const found = new Map<string, FoundTransformation>();
  for (const { path, step } of stepsOf(document)) {
    if (resolveBuiltIn(step) !== undefined) continue;
    const { use: name, version, digest, workers } = step;
    const other = found.get(name);
    if (other !== undefined) {
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
      problems.push({ path: `${path}.use`, message: unusable(step.use, error, components) });
    }
  }
  return found;
}

/** What is wrong with a component; only of an absent one, which name may have been meant. */
function unusable(name: string, error: ComponentError, components: ComponentSource): string {
  if (!(error instanceof AbsentComponentError)) return error.message;
  const hint = didYouMean(name, [...BUILT_IN_NAMES, ...components.names('transformation')]);
  const suggestion = hint === '' ? '' : `there is no transformation '${name}'${hint} `;
  return `${suggestion}${error.message}, nor is it a built-in (${BUILT_IN_NAMES.join(', ')})`;
}

/** Paths of the names of found components in the document. */
function usesOf(document: PipelineDocument, found: ReadonlyMap<string, FoundTransformation>): string[] {
  return stepsOf(document).flatMap(({ path, step }) => (found.has(step.use) ? [`${path}.use`] : []));
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
