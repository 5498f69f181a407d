import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type AnyTransformation } from '../transformations/transformation';
import { authoring } from './authoring';
import { ComponentError } from '../../contracts/package/component-error';
import { describeThrown } from './describe-thrown';
import { show } from './check-format';

const SHAPE = 'an object of defineTransformation or defineFlowTransformation';

/**
 * The definition that a component's module exports: as its default export (or `module.exports`), or made by a function
 * there that is handed the runtime's authoring interface, so that the component needs nothing installed.
 * Runs the component's code: call it only in the thread that hosts it.
 * @param folders the folders of its code
 * @throws ComponentError when the module does not load or exports something else.
 */
export function loadDefinition(name: string, entry: string, folders: readonly string[]): AnyTransformation {
  const attempt = (what: string, code: () => unknown): unknown => {
    try {
      return code();
    } catch (error) {
      const { message, place } = describeThrown(error, folders);
      throw new ComponentError(`${entry}${what}: ${message}${place === undefined ? '' : ` (${place})`}`);
    }
  };
  const path = resolve(entry);
  let exported = attempt(' does not load', () => createRequire(path)(path) as unknown);
  if (isRecord(exported) && 'default' in exported) exported = exported.default;
  if (typeof exported === 'function') {
    const make = exported as (runtime: typeof authoring) => unknown;
    exported = attempt(': its exported function threw', () => make(authoring));
  }
  if (!isRecord(exported)) throw new ComponentError(`${entry} must export ${SHAPE}, got ${typeof exported}`);
  for (const member of ['format', 'apply'] as const) {
    if (typeof exported[member] !== 'function') {
      throw new ComponentError(
        `${entry} must export ${SHAPE}; its '${member}' is ${typeof exported[member]}, not a function`,
      );
    }
  }
  if (!isRecord(exported.parameters) || typeof exported.parameters.safeParse !== 'function') {
    throw new ComponentError(`${entry}: 'parameters' must be a zod schema, e.g. z.strictObject({})`);
  }
  if (exported.name !== name) {
    throw new ComponentError(`${entry} defines ${show(exported.name)}, its component.json says '${name}'`);
  }
  return { over: 'value', ...exported } as unknown as AnyTransformation;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
