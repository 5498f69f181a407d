export { POLICY_RULES, PolicyCheck, type PolicyCheckProperties, type PolicyContext } from './policy-check';
export { type PolicyFacts, type PolicyRule } from './policy-rule';
export { type ManifestObject } from './manifest-object';
