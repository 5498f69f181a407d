import { type Problem } from '../../contracts/program/problem';
import { type InferNode } from '../definition/plan';
import { describeFormat, type TensorFormat } from '../formats/format';
import { type ModelMetadata } from '../formats/model-metadata';
import { adaptModel } from '../inferencer/adapted-model';
import { type Inferencer } from '../inferencer/inferencer';
import { openInferencer } from '../inferencer/open-inferencer';
import { makeFeeds, type Formats } from '../inferencer/warm-up-feeds';
import { countCpus } from '../machine/cpu-quota';
import { formatShape } from '../tensor/shape';
import { type NamedTensors } from '../tensor/tensor';
import { type AssembledPipeline } from './assemble-pipeline';
import { inputFormatsOf, requiredInputsOf } from './model-inputs';

/** Sizes of the axes that neither the model nor the pipeline fixes, in the runs that are compared with the file. */
const SIZES = [1, 2];

/**
 * Opens the models of a pipeline as the server would, and runs each with inputs of two sizes.
 * @throws ConfigurationError when one cannot be opened.
 * @returns what the inferencer has to say of them, and where a model answers in other shapes than its file says
 */
export async function tryModels({ document, plan, parts }: AssembledPipeline): Promise<Problem[]> {
  const notes: Problem[] = [];
  for (const node of plan.nodes) {
    if (node.kind !== 'infer') continue;
    const { component, metadata, planned } = parts.models.get(node.model)!;
    const { path, inferencer: settings } = planned;
    const adapted = await adaptModel(
      component.file,
      settings.use,
      requiredInputsOf(node, metadata),
      metadata,
    );
    try {
      const { inferencer } = await openInferencer({
        modelFile: adapted.file,
        document: settings,
        inputFormats: inputFormatsOf(node.inputs),
        cpus: countCpus(),
        allowInlineTrial: true,
        log: (_level, message, { reason }) => {
          if (typeof reason === 'string') notes.push({ path, message: `${message}: ${reason}` });
        },
      });
      try {
        notes.push(...(await untrueShapes(node, inferencer, metadata, document.output !== undefined)));
      } finally {
        await inferencer.close();
      }
    } finally {
      await adapted.remove();
    }
  }
  return notes;
}

/** Outputs that come in another shape than the model's file says. */
async function untrueShapes(
  { path, inputs, outputs }: InferNode,
  inferencer: Inferencer,
  { outputs: declared }: ModelMetadata,
  isDeclared: boolean,
): Promise<Problem[]> {
  const found = new Map<string, Problem>();
  for (const size of SIZES) {
    const answer = await tryRun(inferencer, inputFormatsOf(inputs), size);
    for (const { model, value } of answer === undefined ? [] : outputs) {
      const format = declared[model] as TensorFormat | undefined;
      const { shape } = answer![model];
      if (format === undefined || fits(shape, format)) continue;
      const advice = isDeclared ? '' : `; declare "${value}" under output`;
      const message = `its output "${model}" is ${formatShape(shape)} for inputs of size ${size}, its file says ${describeFormat(format)}${advice}`;
      found.set(model, { path, message });
    }
  }
  return [...found.values()];
}

/** The answer to made-up inputs; `undefined` where the model does not take them. */
async function tryRun(
  inferencer: Inferencer,
  known: Formats,
  freeSize: number,
): Promise<NamedTensors | undefined> {
  const feeds = makeFeeds(inferencer.metadata, known, { freeSize, values: 'ones' });
  return inferencer.predict(feeds).catch(() => undefined);
}

function fits(shape: readonly number[], format: TensorFormat): boolean {
  if (format.shape === undefined) return true;
  return (
    format.shape.length === shape.length &&
    format.shape.every((axis, i) => typeof axis === 'string' || axis === shape[i])
  );
}
