import { type IConstruct } from 'constructs';

interface DeclaredNamespace {
  readonly name: string;
  /** Whether its pods may access their node. */
  readonly privileged: boolean;
}

const declared = new WeakMap<IConstruct, DeclaredNamespace>();

/** Puts the objects below `scope` into this namespace; their names leave out the ids from `scope` up. */
export function declareNamespace(scope: IConstruct, namespace: DeclaredNamespace): void {
  declared.set(scope, namespace);
}

export function declaredNamespace(scope: IConstruct): string | undefined {
  return declared.get(scope)?.name;
}

/** The other Pod Security levels refuse pods with access to their node. */
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
