import { createRequire } from 'node:module';
import { messageOf } from '../../contracts/program/problem';
import { type AnyTransformation } from '../transformations/transformation';
import { authoring } from './authoring';
import { ComponentError } from '../../contracts/package/component-error';

const SHAPE = 'an object of defineTransformation or defineFlowTransformation';

/**
 * The definition that a component's module exports: as its default export (or `module.exports`), or made by a function
 * there that is handed the runtime's authoring interface, so that the component needs nothing installed.
 * Runs the component's code: call it only in the thread that hosts it.
 * @throws ComponentError when the module does not load or exports something else.
 */
export function loadDefinition(name: string, entry: string): AnyTransformation {
  let exported: unknown;
  try {
    exported = createRequire(entry)(entry);
  } catch (error) {
    throw new ComponentError(`${entry} does not load: ${messageOf(error)}`);
  }
  if (isRecord(exported) && 'default' in exported) exported = exported.default;
  if (typeof exported === 'function') {
    try {
      exported = (exported as (runtime: typeof authoring) => unknown)(authoring);
    } catch (error) {
      throw new ComponentError(`${entry}: its exported function threw: ${messageOf(error)}`);
    }
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
    throw new ComponentError(
      `${entry} defines '${String(exported.name)}', its component.json says '${name}'`,
    );
  }
  return { over: 'value', ...exported } as unknown as AnyTransformation;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
