export { PolicyCheck, type PolicyCheckProperties, type PolicyContext } from './policy-check';
export { POLICY_RULES, type PolicyFacts, type PolicyRule } from './policy-rule';
export { type ManifestObject } from './manifest-object';
