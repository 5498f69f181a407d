import { type InferencerDocument } from '../definition/pipeline-document';
import { loadEngine, parametersOf } from './engines/engines';

/** Loads a model as its document says, and frees it. @throws ConfigurationError when it cannot be loaded. */
export async function checkModel(modelFile: string, document: InferencerDocument): Promise<void> {
  const parameters = parametersOf(document, modelFile);
  const context = { threads: 1, movesOutputs: false };
  const model = await loadEngine(document.use).open(modelFile, parameters, context);
  await model.release();
}
