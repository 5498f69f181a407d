import { ApiObject } from 'cdk8s';
import { type IConstruct } from 'constructs';
import { requireAnnotations, requireLabels } from './private/metadata-rules';

export interface ObjectMetadataOptions {
  /** @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Labels and annotations of objects; those of pods are options of their workloads, or {@link PodDefaults}. */
export class ObjectMetadata {
  /**
   * Adds labels and annotations to every object at and below `scope`, your own ones too. They replace others with their keys.
   *
   * @example
   * ObjectMetadata.add(app, { annotations: { 'example.com/cost-centre': '4711' } });
   */
  static add(scope: IConstruct, { labels = {}, annotations = {} }: ObjectMetadataOptions): void {
    requireLabels('ObjectMetadata.add', 'labels', labels);
    requireAnnotations('ObjectMetadata.add', 'annotations', annotations);
    // Not before synth: objects may be made after this call.
    scope.node.addValidation({
      validate: () => {
        for (const object of scope.node.findAll()) {
          if (!ApiObject.isApiObject(object)) continue;
          for (const [key, value] of Object.entries(labels)) object.metadata.addLabel(key, value);
          for (const [key, value] of Object.entries(annotations)) object.metadata.addAnnotation(key, value);
        }
        return [];
      },
    });
  }
}
