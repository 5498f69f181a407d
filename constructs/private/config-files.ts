import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checksum } from './checksum';
import { refuse } from './checks';
import { kubeObject } from './kube-object';
import { type Labels } from './labels';

/** Largest content of a ConfigMap, in bytes. The API refuses objects over 1 MiB; the rest is for keys and metadata. */
export const CONFIG_MAP_LIMIT = 900 * 1024;

/** A ConfigMap of files with its volume, and a checksum that changes with the files. */
export class ConfigFiles {
  readonly checksum: string;
  private readonly size: number;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
    readonly files: Readonly<Record<string, string>>,
    labels: Labels,
  ) {
    this.checksum = checksum(files);
    this.size = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (this.size > CONFIG_MAP_LIMIT) {
      refuse(scope, id, `${this.size} bytes`, `at most ${CONFIG_MAP_LIMIT} bytes together (one ConfigMap)`);
    }
    kubeObject(
      scope,
      id,
      k8s.KubeConfigMap.manifest({ metadata: { name, labels: { ...labels } }, data: { ...files } }),
    );
  }

  volume(volumeName: string): k8s.Volume {
    return { name: volumeName, configMap: { name: this.name } };
  }
}
