import { join } from 'node:path';
import { didYouMean } from '../../../contracts/names/nearest-name';
import { joinPaths } from '../../../contracts/program/document-path';
import { ConfigurationError } from '../../../contracts/program/problem';
import { parseWith } from '../../../contracts/program/schema-problems';
import { engineParameters, type InferencerDocument } from '../../definition/pipeline-document';
import { type Engine } from './engine';

/** Engine → module that exports it as `engine`. A path, so that a worker can load it in its own thread. */
const MODULES = new Map([['onnx', join(__dirname, 'onnx', 'onnx-engine')]]);

/** Adds an engine. `module` is the absolute path of a CommonJS module that exports it as `engine`. */
export function registerEngine(name: string, module: string): void {
  MODULES.set(name, module);
}

/** Path of the engine's module. @throws ConfigurationError when there is no such engine. */
export function engineModule(name: string): string {
  const module = MODULES.get(name);
  if (module !== undefined) return module;
  const names = [...MODULES.keys()];
  throw new ConfigurationError('', [
    {
      path: 'inferencer.use',
      message: `there is no inferencer '${name}'${didYouMean(name, names)}; there are: ${names.join(', ')}`,
    },
  ]);
}

/** The engine of this name, loaded in this thread. @throws ConfigurationError when there is none. */
export function loadEngine(name: string): Engine {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- its path is known only here
  return (require(engineModule(name)) as { engine: Engine }).engine;
}

/** What a document says of its engine, as the engine's schema completes it. @throws ConfigurationError when it refuses it. */
export function parametersOf(document: InferencerDocument, modelFile: string): unknown {
  const parsed = parseWith(loadEngine(document.use).parameters, engineParameters(document));
  if ('value' in parsed) return parsed.value;
  const problems = parsed.problems.map(({ path, message }) => ({
    path: joinPaths('inferencer', path),
    message,
  }));
  throw new ConfigurationError(modelFile, problems);
}
