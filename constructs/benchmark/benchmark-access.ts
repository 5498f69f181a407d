import { type k8s } from 'cdk8s-plus-27';
import { requireInstance, requireText, type Subject } from '../private/checks';
import { requireObjectName } from '../private/names';
import { readOnlyMount } from '../private/volumes';
import { SecretKey } from '../workload/secret-key';

/** TLS between the driver and what it drives. */
export interface BenchmarkTls {
  /**
   * Name of a Secret whose `ca.crt` has the authorities that the server's certificate may come from.
   *
   * @default - those that Node.js knows
   */
  readonly authorities?: string;
  /**
   * Name of a Secret of type `kubernetes.io/tls` with the certificate that the driver shows (mTLS).
   *
   * @default - none
   */
  readonly client?: string;
  /**
   * Name in the server's certificate.
   *
   * @default - the host of the target
   */
  readonly serverName?: string;
}

/** TLS and token of a Job: the driver's options and the files that they name. @internal */
export interface BoundAccess {
  readonly args: string[];
  readonly volumes: k8s.Volume[];
  readonly mounts: k8s.VolumeMount[];
}

const PATH = '/etc/mis-bench-access';

/** @internal */
export function bindAccess(subject: Subject, tls?: BenchmarkTls, token?: SecretKey): BoundAccess {
  const bound: BoundAccess = { args: [], volumes: [], mounts: [] };
  const mount = (name: string, secretName: string, keys: readonly string[]): string[] => {
    bound.volumes.push({ name, secret: { secretName, items: keys.map((key) => ({ key, path: key })) } });
    bound.mounts.push(readOnlyMount(name, `${PATH}/${name}`));
    return keys.map((key) => `${PATH}/${name}/${key}`);
  };
  if (tls !== undefined) {
    bound.args.push('--tls');
    if (tls.authorities !== undefined) {
      requireObjectName(subject, 'tls.authorities', tls.authorities);
      const [ca = ''] = mount('authorities', tls.authorities, ['ca.crt']);
      bound.args.push('--tls-ca', ca);
    }
    if (tls.client !== undefined) {
      requireObjectName(subject, 'tls.client', tls.client);
      const [certificate = '', key = ''] = mount('client', tls.client, ['tls.crt', 'tls.key']);
      bound.args.push('--tls-cert', certificate, '--tls-key', key);
    }
    if (tls.serverName !== undefined)
      bound.args.push('--tls-server-name', requireText(subject, 'tls.serverName', tls.serverName));
  }
  if (token !== undefined) {
    requireInstance(subject, 'token', token, SecretKey, "SecretKey.of('clients', 'benchmark')");
    const [file = ''] = mount('token', token.secret, [token.key]);
    bound.args.push('--token-file', file);
  }
  return bound;
}
