import { containersOf } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

const SERVING = ['Deployment', 'StatefulSet'];

export const healthProbes: PolicyRule = {
  name: 'health-probes',
  recommendation:
    'Without probes a pod gets traffic before it can answer, and keeps it when it no longer can.',
  fix: 'Give each container a readinessProbe and a livenessProbe.',
  find: (object) =>
    SERVING.includes(object.kind ?? '')
      ? containersOf(object)
          .filter(({ path }) => path.startsWith('containers/'))
          .flatMap(({ path, container }) =>
            (['readinessProbe', 'livenessProbe'] as const)
              .filter((probe) => container[probe] === undefined)
              .map((probe) => `${path}: no ${probe}`),
          )
      : [],
};
