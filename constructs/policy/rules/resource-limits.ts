import { containersOf } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

export const resourceLimits: PolicyRule = {
  name: 'resource-limits',
  recommendation: 'A container without limits can take its whole node down.',
  fix: 'Set resources.limits.cpu and resources.limits.memory.',
  find: (object) =>
    containersOf(object).flatMap(({ path, container }) =>
      ['cpu', 'memory']
        .filter((resource) => container.resources?.limits?.[resource] === undefined)
        .map((resource) => `${path}: no limit of ${resource}`),
    ),
};
