import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, type Problem } from '../../contracts/program/problem';
import { ALIASES } from '../transformations/aliases';
import { joinPaths } from '../../contracts/program/document-path';
import { STEP_KEYS, type PipelineDocumentInput } from './pipeline-document';
import { parseText, readText } from '../../contracts/program/read-source';
import { REFERENCE_FILES, type ReferenceDataType, type ReferenceFiles } from './reference-files';
import { parseWith } from '../../contracts/program/schema-problems';

type FileName = keyof ReferenceFiles;
type StepInput = NonNullable<PipelineDocumentInput['preprocessing']>[number];

/** Problems of several files, each with its file in its path. */
class Problems {
  readonly all: Problem[] = [];

  add(file: string, problems: readonly Problem[]): void {
    for (const { path, message } of problems) {
      this.all.push({ path: path === '' ? file : `${file}: ${path}`, message });
    }
  }
}

function readFile(directory: string, file: FileName, problems: Problems): unknown {
  try {
    return parseText(readText(join(directory, file)), file);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.add(file, error.problems);
    return undefined;
  }
}

/** The files, or the problems of all of them at once. */
function readFiles(directory: string): ReferenceFiles {
  const problems = new Problems();
  const files: Partial<Record<FileName, unknown>> = {};
  for (const file of Object.keys(REFERENCE_FILES) as FileName[]) {
    const text = readFile(directory, file, problems);
    if (text === undefined) continue;
    const parsed = parseWith(REFERENCE_FILES[file], text);
    if ('problems' in parsed) problems.add(file, parsed.problems);
    else files[file] = parsed.value;
  }
  if (problems.all.length > 0) throw new ConfigurationError(directory, problems.all);
  return files as ReferenceFiles;
}

function translateFormat({ size, normalized, vector_length, unit }: ReferenceDataType) {
  return {
    shape: size,
    ...(unit !== undefined && { unit }),
    ...(normalized !== undefined && { normalized }),
    ...(vector_length !== undefined && { vectorLength: vector_length }),
  };
}

/** Existing clients send what such a configuration calls `tensor` under the name `array`. */
function inputName(dataType: string): string {
  return dataType === 'tensor' ? 'array' : dataType;
}

function translateModelFormat(inputFormat: ReferenceFiles['model.json']['input_format']) {
  const tensors = Object.entries(inputFormat?.data_types ?? {}).flatMap(([name, type]) =>
    Array.isArray(type.size) ? [[name, translateFormat(type as ReferenceDataType)] as const] : [],
  );
  return tensors.length > 0 ? { format: Object.fromEntries(tensors) } : {};
}

/** A step under its native name with its native parameters; a component's step as it is. */
function translateStep(
  { id, parameters = {} }: ReferenceFiles['preprocessing_pipeline.json'][number],
  path: string,
  problems: Problem[],
): StepInput {
  if (Object.hasOwn(ALIASES, id)) {
    const alias = ALIASES[id];
    const parsed = parseWith(alias.parameters, parameters);
    if ('value' in parsed) return { use: alias.use, ...alias.translate(parsed.value) };
    for (const problem of parsed.problems) {
      problems.push({ path: joinPaths(`${path}.parameters`, problem.path), message: problem.message });
    }
    return { use: alias.use };
  }
  for (const key of STEP_KEYS.filter((name) => Object.hasOwn(parameters, name))) {
    problems.push({ path: `${path}.parameters.${key}`, message: 'is a name that no parameter can have' });
  }
  return { use: id, ...parameters };
}

function translateSteps(
  file: 'preprocessing_pipeline.json' | 'postprocessing_pipeline.json',
  files: ReferenceFiles,
  problems: Problems,
): StepInput[] {
  const found: Problem[] = [];
  const steps = files[file].map((step, i) => translateStep(step, `[${i}]`, found));
  problems.add(file, found);
  return steps;
}

/**
 * The size of a request's data. Where a batch is split into its items, the published server takes any number of them,
 * whatever its configuration says of the batch.
 */
function requestShape(shape: readonly number[], preprocessing: readonly StepInput[]): (number | string)[] {
  const split = preprocessing.find(({ use }) => use === 'split-batch');
  if (split === undefined) return [...shape];
  const axis = Number(split.axis);
  return shape.map((size, i) => (i === axis || i === axis + shape.length ? 'items' : size));
}

/** A pipeline is called like its model, as far as a pipeline's name allows. */
function pipelineName(modelName: string): string {
  return modelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-|-$/g, '');
}

/** Whether a directory is, or was probably meant to be, a reference configuration. */
export function isReferenceDirectory(directory: string): boolean {
  return Object.keys(REFERENCE_FILES).some((file) => existsSync(join(directory, file)));
}

/**
 * Reads a directory of five JSON files, as users of the published server have it, into the document that means the same.
 * Ids of transformations, services and inferencers become the native names.
 * @throws ConfigurationError with every problem of every file.
 */
export function readReferenceDirectory(directory: string): PipelineDocumentInput {
  const files = readFiles(directory);
  const problems = new Problems();
  const preprocessing = translateSteps('preprocessing_pipeline.json', files, problems);
  const postprocessing = translateSteps('postprocessing_pipeline.json', files, problems);
  if (problems.all.length > 0) throw new ConfigurationError(directory, problems.all);
  const model = files['model.json'];
  return {
    name: pipelineName(model.model_name),
    service: files['setup.json'].service.servicer,
    input: Object.fromEntries(
      Object.entries(files['format.json'].data_types).map(([name, type]) => [
        inputName(name),
        { ...translateFormat(type), shape: requestShape(type.size, preprocessing) },
      ]),
    ),
    preprocessing,
    model: {
      name: model.model_name,
      version: model.model_version,
      ...translateModelFormat(model.input_format),
    },
    inferencer: { use: 'onnx' },
    postprocessing,
  };
}
