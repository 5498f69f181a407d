import {
  absentComponent,
  checkFormats,
  completeDocument,
  declaredComponent,
  stepsOf,
  type CheckableTransformation,
  type ModelMetadata,
  type PipelineDocument,
  type PipelineDocumentInput,
  type Problem,
} from '../../runtime/definition';
import { describeKey, type ComponentKey } from '../../contracts/repository/component-key';
import { type ModelFormats } from '../../contracts/repository/listed-package';
import { type StoredPackage } from '../store/component-record';
import { type ComponentStore } from '../store/component-store';

/** Whether a pipeline can work with what is stored, and if not, why. */
export interface PipelineVerdict {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

/**
 * Checks a pipeline document as `mis validate` does, with the formats of the stored model and with the transformations
 * that are stored. Code is not run here: of a stored transformation only what its package declares is known.
 */
export async function checkPipeline(store: ComponentStore, input: unknown): Promise<PipelineVerdict> {
  const completed = completeDocument(input as PipelineDocumentInput);
  if ('problems' in completed) return { ok: false, problems: completed.problems, notes: [] };
  const document = completed.value;
  const problems: Problem[] = [];
  const model = await findModel(store, document, problems);
  const stored = await findTransformations(store, document, problems);
  const { records } = await store.list('transformation', { stored: true });
  const checked = checkFormats(document, {
    ...(model && { model }),
    resolveComponent: (step) => stored.get(step.use),
    componentNames: records.map(({ key }) => key.name),
  });
  const all = [...problems, ...checked.problems];
  return { ok: all.length === 0, problems: all, notes: checked.notes };
}

async function findModel(
  store: ComponentStore,
  { model }: PipelineDocument,
  problems: Problem[],
): Promise<ModelMetadata | undefined> {
  const key = { kind: 'model', name: model.name, version: model.version } as const;
  const stored = await findPackage(store, key, model.digest, 'model', problems);
  if (stored && !stored.formats) {
    problems.push({ path: 'model', message: `the package of ${describeKey(key)} is of another runtime` });
  }
  return stored?.formats ? toMetadata(stored.formats) : undefined;
}

/** The steps' stored transformations, as far as their manifests describe them. */
async function findTransformations(
  store: ComponentStore,
  document: PipelineDocument,
  problems: Problem[],
): Promise<ReadonlyMap<string, CheckableTransformation>> {
  const usable = new Map<string, CheckableTransformation>();
  for (const { step, path } of stepsOf(document)) {
    const key = { kind: 'transformation', name: step.use, version: '' } as const;
    if (!(await store.find(key))) continue;
    // it exists for the check of the steps, even where it is refused below
    usable.set(step.use, absentComponent(step));
    const stored = await findPackage(store, key, step.digest, path, problems);
    const format = stored?.manifest?.format;
    if (format) usable.set(step.use, declaredComponent(step, format));
    if (stored?.opaque) {
      problems.push({ path, message: `the package of ${describeKey(key)} is of another runtime` });
    } else if (stored && step.version !== undefined && stored.version !== step.version) {
      const message = `${describeKey(key)} is stored in version ${stored.version}, the document asks for ${step.version}`;
      problems.push({ path: `${path}.version`, message });
    }
  }
  return usable;
}

async function findPackage(
  store: ComponentStore,
  key: ComponentKey,
  digest: string | undefined,
  path: string,
  problems: Problem[],
): Promise<StoredPackage | undefined> {
  const record = await store.find(key);
  if (!record?.package) {
    const what = record ? 'has metadata but no package' : 'is not in the repository';
    problems.push({ path, message: `${describeKey(key)} ${what}` });
    return undefined;
  }
  const { sha256 } = record.package;
  if (digest !== undefined && digest !== `sha256:${sha256}`) {
    const message = `${describeKey(key)} is stored with digest sha256:${sha256}, the document allows only ${digest}`;
    problems.push({ path: `${path}.digest`, message });
  }
  return record.package;
}

function toMetadata({ inputs, optional_inputs: optional = {}, outputs }: ModelFormats): ModelMetadata {
  const toTensors = (formats: ModelFormats['inputs']) =>
    Object.fromEntries(
      Object.entries(formats).map(([name, format]) => [name, { kind: 'tensor' as const, ...format }]),
    ) as ModelMetadata['inputs'];
  return { inputs: toTensors(inputs), optionalInputs: toTensors(optional), outputs: toTensors(outputs) };
}
