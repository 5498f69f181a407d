import { z } from 'zod';
import { COMPONENT_NAME, COMPONENT_VERSION } from '../names/name-patterns';
import { COMPONENT_KINDS, type ComponentKind } from '../package/component-manifest';
import { text } from './text';

/** The kinds of components, as the first word of their paths. */
export { COMPONENT_KINDS, type ComponentKind };

/** What names one component. Only models have a version here; elsewhere it is empty. */
export interface ComponentKey {
  readonly kind: ComponentKind;
  /** `model_name` of a model, `id` of everything else. */
  readonly name: string;
  readonly version: string;
}

export const componentNameSchema = text
  .pipe(
    z
      .string()
      .regex(
        COMPONENT_NAME,
        'letters, digits and . _ - are allowed, 1 to 128 of them, the first a letter or digit',
      ),
  )
  .describe('Name of the component: letters, digits and . _ -, at most 128');

export const componentVersionSchema = text
  .pipe(
    z
      .string()
      .regex(
        COMPONENT_VERSION,
        'letters, digits and . _ + - are allowed, 1 to 128 of them, the first a letter or digit',
      ),
  )
  .describe('Version of the component: letters, digits and . _ + -, at most 128');

/** `model fall-detection 1.0.0`, for messages. */
export function describeKey({ kind, name, version }: ComponentKey): string {
  return [kind, name, version].filter((part) => part !== '').join(' ');
}

/** One text for each key, for maps and ordered indexes. */
export function keyText({ kind, name, version }: ComponentKey): string {
  return JSON.stringify([kind, name, version]);
}

/** Order of lists: by name, then by version, as their bytes are. */
export function compareKeys(a: Pick<ComponentKey, 'name' | 'version'>, b: typeof a): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.version !== b.version) return a.version < b.version ? -1 : 1;
  return 0;
}
