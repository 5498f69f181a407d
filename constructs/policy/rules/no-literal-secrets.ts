import { SECRET_NAME, PASSWORD_IN_URL } from '../../workload/environment';
import { containersOf, type ManifestObject } from '../manifest-object';
import { type PolicyRule } from '../policy-rule';

export const noLiteralSecrets: PolicyRule = {
  name: 'no-literal-secrets',
  recommendation: 'Manifests are committed and read by many.',
  fix: 'Refer to a Secret that is made elsewhere; no Secret with content belongs into a manifest.',
  find: (object) => [...secretContent(object), ...secretVariables(object)],
};

function secretContent(object: ManifestObject): string[] {
  if (object.kind !== 'Secret') return [];
  return ['data', 'stringData'].filter((field) => Object.keys((object[field] as object) ?? {}).length > 0);
}

function secretVariables(object: ManifestObject): string[] {
  return containersOf(object).flatMap(({ path, container }) =>
    (container.env ?? [])
      .filter(
        ({ name, value = '' }) =>
          PASSWORD_IN_URL.test(value) || (SECRET_NAME.test(name) && !/^(\$\(\w+\))?$/.test(value)),
      )
      .map(({ name }) => `${path}: environment variable ${name}`),
  );
}
