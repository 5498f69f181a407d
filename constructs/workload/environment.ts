import { type k8s } from 'cdk8s-plus-27';
import { NOT_SHOWN, refuse, type Subject } from '../private/checks';
import { SecretKey } from './secret-key';

/** Environment variables by name: a text, or a key of a Secret. */
export type Environment = Readonly<Record<string, string | SecretKey>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|API_?KEY|ACCESS_KEY|(^|_)PAT)S?$/i;
/** Passwords that may look like a path: `/` is a digit of base64. */
const NEVER_A_PATH = /(PASSWORD|PASSWD|ACCESS_KEY)S?$/i;
const HARMLESS = /^(|-?\d+(\.\d+)?|true|false|yes|no|on|off|none|\$\(\w+\))$/i;
const SECRET_VALUES: readonly RegExp[] = [
  // A password in a URL.
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@$]+@/i,
  // Headers, as OTEL_EXPORTER_OTLP_HEADERS has them.
  /\b(bearer|basic)(\s|%20)+[\w.~+/=-]{6,}/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // Tokens of GitHub, GitLab, Slack, AWS, Google and JSON Web Tokens.
  /\b(gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abposr]-[\w-]{10,}|A[KS]IA[0-9A-Z]{16})\b/,
  /\bAIza[\w-]{35}\b|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/,
  /^https:\/\/hooks\.slack\.com\/services\//,
];

/** Whether a variable's text is a secret, by its name or by what it looks like. */
export function looksSecret(name: string, value: string): boolean {
  if (SECRET_VALUES.some((pattern) => pattern.test(value))) return true;
  if (!SECRET_NAME.test(name) || HARMLESS.test(value)) return false;
  return NEVER_A_PATH.test(name) || !/^\/[\w.-]+(\/[\w.-]+)*$/.test(value);
}

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
  if (looksSecret(name, value)) {
    refuse(
      subject,
      `environment.${name}`,
      NOT_SHOWN,
      "a reference such as SecretKey.of('credentials', 'password'), not the secret itself",
    );
  }
}
