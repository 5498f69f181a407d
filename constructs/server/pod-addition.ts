import { type k8s } from 'cdk8s-plus-27';

/** What an option adds to the pod of a server. @internal */
export interface PodAddition {
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly k8s.Volume[];
}

/**
 * One key of a Secret as a file of a volume of its own. Not by subPath: the kubelet renews a whole volume only, and the server
 * follows what is renewed.
 *
 * @internal
 */
export function secretVolume(
  name: string,
  secret: string,
  files: Readonly<Record<string, string>>,
): k8s.Volume {
  return {
    name,
    secret: { secretName: secret, items: Object.entries(files).map(([path, key]) => ({ key, path })) },
  };
}

/** Where such a volume is mounted. @internal */
export function secretPath(name: string): string {
  return `/etc/mis/${name}`;
}
