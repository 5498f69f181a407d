import { type ManifestObject } from './manifest-object';

/** What a rule may know beside the object that it looks at. */
export interface PolicyFacts {
  /** Whether pods of this namespace may look at their node. */
  isPrivileged(namespace: string | undefined): boolean;
}

/** One thing that every manifest keeps. */
export interface PolicyRule {
  readonly name: string;
  /** Why. */
  readonly recommendation: string;
  /** How to keep it. */
  readonly fix: string;
  /** Where in the object it is not kept, with what was found. */
  find(object: ManifestObject, facts: PolicyFacts): readonly string[];
}
