import { type IConstruct } from 'constructs';

const declared = new WeakMap<IConstruct, string>();

/** Makes `scope` the roof of everything below it: objects there are in this namespace, and its id is in no name. */
export function declareNamespace(scope: IConstruct, name: string): void {
  declared.set(scope, name);
}

export function declaredNamespace(scope: IConstruct): string | undefined {
  return declared.get(scope);
}
