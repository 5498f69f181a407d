import { type k8s } from 'cdk8s-plus-27';

/** What TLS, tokens or traces add to a server's pod. @internal */
export interface PodAddition {
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly k8s.Volume[];
}

/**
 * Keys of a Secret as files of a separate volume. Not by subPath: the kubelet updates only whole volumes, and the server
 * reloads updated files.
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

/** Mount path of such a volume. @internal */
export function secretPath(name: string): string {
  return `/etc/mis/${name}`;
}
