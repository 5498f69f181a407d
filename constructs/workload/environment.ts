import { type k8s } from 'cdk8s-plus-27';
import { NOT_SHOWN, refuse, type Subject } from '../private/checks';
import { SecretKey } from './secret-key';

/** Environment variables by name: a text, or a key of a Secret. */
export type Environment = Readonly<Record<string, string | SecretKey>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|API_?KEY|ACCESS_KEY)S?$/i;
export const PASSWORD_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@$]+@/i;

/** @internal */
export function toEnvironment(subject: Subject, environment: Environment): k8s.EnvVar[] | undefined {
  const variables = Object.entries(environment).map(([name, value]): k8s.EnvVar => {
    if (!NAME.test(name))
      refuse(subject, 'environment', name, 'names of letters, digits and _, not beginning with a digit');
    if (value instanceof SecretKey) {
      return { name, valueFrom: { secretKeyRef: { name: value.secret, key: value.key } } };
    }
    if (typeof value !== 'string') refuse(subject, `environment.${name}`, value, 'a text or a SecretKey');
    refuseLiteralSecret(subject, name, value);
    return { name, value };
  });
  return variables.length > 0 ? variables : undefined;
}

/** Manifests are committed: a value that looks like a secret must be a reference. */
function refuseLiteralSecret(subject: Subject, name: string, value: string): void {
  // The kubelet expands `$(NAME)` from another variable, which may come from a Secret.
  const looksSecret = SECRET_NAME.test(name) && value !== '' && !/^\$\(\w+\)$/.test(value);
  if (looksSecret || PASSWORD_IN_URL.test(value)) {
    refuse(
      subject,
      `environment.${name}`,
      NOT_SHOWN,
      "a reference such as SecretKey.of('credentials', 'password'), not the secret itself",
    );
  }
}
