import { podTemplate } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

export const selectorsMatch: PolicyRule = {
  name: 'selectors-match',
  recommendation: 'A workload that does not select its own pods is refused, or makes pods without end.',
  fix: 'Give the pod template every label of the selector.',
  find: (object) => {
    const selector = object.spec?.selector as { matchLabels?: Record<string, string> } | undefined;
    const template = podTemplate(object);
    if (template === undefined || selector?.matchLabels === undefined) return [];
    const labels = template.metadata?.labels ?? {};
    return Object.entries(selector.matchLabels)
      .filter(([key, value]) => labels[key] !== value)
      .map(([key, value]) => `spec/selector: ${key}=${value} is not a label of the pods`);
  },
};
