import { type ManifestObject } from './manifest-object';
import { POLICY_RULES, type PolicyFacts, type PolicyRule } from './policy-rule';

export interface PolicyCheckProperties {
  /**
   * Namespaces whose pods may access their node, in addition to those that a manifest labels privileged.
   *
   * @default - none
   */
  readonly privilegedNamespaces?: readonly string[];
  /**
   * Names of rules that are left out.
   *
   * @default - none
   */
  readonly except?: readonly string[];
}

/** The part of cdk8s' validation context that is used. */
export interface PolicyContext {
  readonly manifests: readonly string[];
  parseManifest(path: string): unknown[];
  readonly report: {
    addViolation(violation: {
      readonly ruleName: string;
      readonly recommendation: string;
      readonly fix: string;
      readonly violatingResources: readonly {
        readonly resourceName: string;
        readonly locations: readonly string[];
        readonly manifestPath: string;
      }[];
    }): void;
    submit(status: 'success' | 'failure', metadata?: Readonly<Record<string, string>>): void;
  };
}

/**
 * A validation plug-in for `cdk8s synth` that checks every manifest, a team's own ones too.
 *
 * @example
 * // cdk8s.yaml
 * // validations:
 * //   - package: ./node_modules/modular-inference-stack/lib/constructs/policy
 * //     version: 0.1.0
 * //     class: PolicyCheck
 */
export class PolicyCheck {
  private readonly rules: readonly PolicyRule[];

  constructor(private readonly properties: PolicyCheckProperties = {}) {
    const { except = [] } = properties;
    const unknown = except.find((name) => !POLICY_RULES.some((rule) => rule.name === name));
    if (unknown !== undefined) {
      const names = POLICY_RULES.map(({ name }) => name).join(', ');
      throw new Error(`PolicyCheck: 'except' must hold names of rules (${names}), got '${unknown}'`);
    }
    this.rules = POLICY_RULES.filter(({ name }) => !except.includes(name));
  }

  /** Called by cdk8s once all manifests are written. */
  validate(context: PolicyContext): Promise<void> {
    const found = context.manifests.map((path) => ({
      path,
      objects: context.parseManifest(path).filter(isManifest),
    }));
    const facts = this.facts(found.flatMap(({ objects }) => objects));
    let violations = 0;
    for (const rule of this.rules) {
      const violatingResources = found.flatMap(({ path, objects }) =>
        objects
          .map((object) => ({
            resourceName: object.metadata?.name ?? '(no name)',
            locations: rule.find(object, facts).map((location) => `${object.kind}: ${location}`),
            manifestPath: path,
          }))
          .filter(({ locations }) => locations.length > 0),
      );
      if (violatingResources.length === 0) continue;
      violations += violatingResources.length;
      const { name, recommendation, fix } = rule;
      context.report.addViolation({ ruleName: name, recommendation, fix, violatingResources });
    }
    const objects = found.reduce((sum, { objects: { length } }) => sum + length, 0);
    context.report.submit(violations === 0 ? 'success' : 'failure', {
      objects: String(objects),
      rules: String(this.rules.length),
    });
    return Promise.resolve();
  }

  private facts(objects: readonly ManifestObject[]): PolicyFacts {
    const privileged = new Set(this.properties.privilegedNamespaces ?? []);
    for (const { kind, metadata } of objects) {
      const level = metadata?.labels?.['pod-security.kubernetes.io/enforce'];
      if (kind === 'Namespace' && level === 'privileged') privileged.add(metadata?.name ?? '');
    }
    return { isPrivileged: (namespace) => namespace !== undefined && privileged.has(namespace) };
  }
}

/** The output directory has other files too, such as a compose file. */
function isManifest(value: unknown): value is ManifestObject {
  const object = value as ManifestObject | null;
  return (
    typeof object === 'object' && typeof object?.apiVersion === 'string' && typeof object.kind === 'string'
  );
}
