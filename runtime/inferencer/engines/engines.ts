import { join } from 'node:path';
import { didYouMean } from '../../../contracts/names/nearest-name';
import { ConfigurationError } from '../../../contracts/program/problem';
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
