import { type IConstruct } from 'constructs';
import { packageVersion } from '../contracts/program/package-root';
import { refuse, requireInstance } from './private/checks';

/**
 * Every image that this package deploys, with the version that it was built against. Runtime and repository are one image,
 * released with the package.
 */
export const PINNED_IMAGES = {
  runtime: { repository: 'modular-inference-stack', tag: packageVersion() },
  envoy: { repository: 'envoyproxy/envoy', tag: 'v1.39.5' },
  mongodb: { repository: 'mongo', tag: '8.0' },
  prometheus: { repository: 'quay.io/prometheus/prometheus', tag: 'v3.13.3' },
  nodeExporter: { repository: 'quay.io/prometheus/node-exporter', tag: 'v1.12.1' },
  grafana: { repository: 'grafana/grafana', tag: '13.1.3' },
  // dcgm-exporter 4.9 renames metrics and changes their units.
  dcgmExporter: { repository: 'nvcr.io/nvidia/k8s/dcgm-exporter', tag: '4.5.3-4.8.2-distroless' },
  devicePlugin: { repository: 'nvcr.io/nvidia/k8s-device-plugin', tag: 'v0.20.0' },
} as const satisfies Record<string, { repository: string; tag: string }>;

/** Name of an image in {@link PINNED_IMAGES}. */
export type ImageName = keyof typeof PINNED_IMAGES;

export interface ImagesOptions {
  /**
   * Registry and path in front of every image, for a mirror: `registry.example/mirror`. The images' own registries become
   * part of the path.
   *
   * @default - each image from its own registry
   */
  readonly registry?: string;
  /**
   * Digests that the images must have, `sha256:…`. The tag stays, for people who read the manifest.
   *
   * @default - by tag alone
   */
  readonly digests?: Readonly<Partial<Record<ImageName, string>>>;
  /**
   * Tags that replace the pinned ones.
   *
   * @default - the pinned ones
   */
  readonly tags?: Readonly<Partial<Record<ImageName, string>>>;
  /**
   * Names of Secrets with credentials of the registry, in each namespace.
   *
   * @default - none
   */
  readonly pullSecrets?: readonly string[];
}

const CONTEXT_KEY = 'modular-inference-stack/images';
const REFERENCE =
  /^[a-z0-9][a-z0-9._-]*(:\d+)?(\/[a-z0-9][a-z0-9._-]*)*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Registry and versions of the images below a construct. */
export class Images {
  /**
   * Sets registry, digests and tags for everything below `scope`, usually the App. Must be called before `scope` gets its
   * first child.
   *
   * @example
   * Images.configure(app, { registry: 'registry.example/mirror', pullSecrets: ['mirror'] });
   */
  static configure(scope: IConstruct, options: ImagesOptions): void {
    for (const [name, digest] of Object.entries(options.digests ?? {})) {
      if (!DIGEST.test(digest))
        refuse('Images.configure', `digests.${name}`, digest, 'sha256: and 64 hexadecimal digits');
    }
    for (const name of Object.keys({ ...options.digests, ...options.tags })) {
      if (!(name in PINNED_IMAGES)) {
        refuse(
          'Images.configure',
          'digests, tags',
          name,
          `names out of ${Object.keys(PINNED_IMAGES).join(', ')}`,
        );
      }
    }
    if (scope.node.children.length > 0) {
      refuse(
        'Images.configure',
        'scope',
        scope.node.path,
        'a construct without children: call it before they are made',
      );
    }
    scope.node.setContext(CONTEXT_KEY, options);
    for (const name of Object.keys(PINNED_IMAGES) as ImageName[]) ContainerImage.pinned(scope, name);
  }

  /** Names of the registry's Secrets for pods of `scope`. @internal */
  static _pullSecrets(scope: IConstruct): readonly string[] {
    return optionsOf(scope).pullSecrets ?? [];
  }
}

/** One image with a fixed version. */
export class ContainerImage {
  /** @param reference with a tag other than `latest`, and a digest if you like: `registry.example/runtime:1.2.0@sha256:…` */
  static of(reference: string): ContainerImage {
    if (typeof reference !== 'string' || !REFERENCE.test(reference) || /:latest(@|$)/.test(reference)) {
      refuse(
        'ContainerImage.of',
        'reference',
        reference,
        "an image with a fixed tag (not 'latest'), e.g. envoyproxy/envoy:v1.39.5",
      );
    }
    return new ContainerImage(reference);
  }

  /** The image of this package's list, as configured for `scope`. */
  static pinned(scope: IConstruct, name: ImageName): ContainerImage {
    const { repository, tag } = PINNED_IMAGES[name];
    const { registry, digests, tags } = optionsOf(scope);
    const path = registry === undefined ? repository : `${registry.replace(/\/$/, '')}/${repository}`;
    const digest = digests?.[name];
    return ContainerImage.of(`${path}:${tags?.[name] ?? tag}${digest === undefined ? '' : `@${digest}`}`);
  }

  private constructor(readonly reference: string) {}

  toString(): string {
    return this.reference;
  }
}

function optionsOf(scope: IConstruct): ImagesOptions {
  return (scope.node.tryGetContext(CONTEXT_KEY) as ImagesOptions | undefined) ?? {};
}

/** The image that a workload's property names, or else the pinned one. @internal */
export function imageReference(
  scope: IConstruct,
  image: ContainerImage | undefined,
  name: ImageName,
): string {
  if (image === undefined) return ContainerImage.pinned(scope, name).reference;
  const example = "ContainerImage.of('registry.example/runtime:1.2.0')";
  return requireInstance(scope, 'image', image, ContainerImage, example).reference;
}
