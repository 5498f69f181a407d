import { type IConstruct } from 'constructs';

interface DeclaredNamespace {
  readonly name: string;
  /** Whether its pods may look at their node. */
  readonly privileged: boolean;
}

const declared = new WeakMap<IConstruct, DeclaredNamespace>();

/** Makes `scope` the roof of everything below it: objects there are in this namespace, and its id is in no name. */
export function declareNamespace(scope: IConstruct, namespace: DeclaredNamespace): void {
  declared.set(scope, namespace);
}

export function declaredNamespace(scope: IConstruct): string | undefined {
  return declared.get(scope)?.name;
}

/** Pods that look at their node are refused by the other levels of Pod Security. */
export function requirePrivileged(construct: IConstruct): void {
  construct.node.addValidation({
    validate: () => {
      const namespace = construct.node.scopes
        .map((scope) => declared.get(scope))
        .findLast((found) => found !== undefined);
      if (namespace === undefined || namespace.privileged) return [];
      return [
        `needs a namespace with podSecurity PodSecurity.PRIVILEGED (its pods read the node), got '${namespace.name}', which is restricted`,
      ];
    },
  });
}
