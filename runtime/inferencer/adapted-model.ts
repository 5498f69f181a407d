import { copyFile, link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ModelMetadata } from '../formats/model-metadata';
import { loadEngine } from './engines/engines';

/** A model's file as the engine can serve it. */
export interface AdaptedModel {
  readonly file: string;
  /** Removes what was written for it, once no session is opened from it any more. */
  readonly remove: () => Promise<void>;
}

/**
 * The file itself, or a variant of it in a temporary folder where the engine cannot serve the model as it is: an optional
 * input is to be bound, or an output is no tensor.
 * @param requiredInputs optional inputs that the pipeline brings
 */
export async function adaptModel(
  modelFile: string,
  engineName: string,
  requiredInputs: readonly string[],
  { externalData = [] }: ModelMetadata,
): Promise<AdaptedModel> {
  const write = loadEngine(engineName).adapt?.(modelFile, requiredInputs);
  if (write === undefined) return { file: modelFile, remove: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'mis-model-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, basename(modelFile));
    await write(file);
    for (const path of externalData) await share(join(dirname(modelFile), path), join(folder, path));
    return { file, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Engines take no link that leads out of the model's folder; another file system needs a copy. */
async function share(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}
