import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type PipelineDocument, type PipelineDocumentInput, readDocument } from '../../runtime/definition';
import { checksum } from '../private/checksum';
import { refuse } from '../private/checks';
import { CONFIG_MAP_LIMIT } from '../private/config-files';
import { kubeObject } from '../private/kube-object';
import { objectLabels } from '../private/labels';
import { resourceName } from '../private/names';
import { PipelineFile } from './pipeline-file';

export interface InferencePipelineProps {
  /** The pipeline, as its author writes it. */
  readonly document: PipelineDocumentInput;
}

/**
 * A pipeline document in the cluster: a ConfigMap with the document as the runtime reads it. The runtime's schema is checked
 * at construction, its format check runs at synth: a document that cannot work is not synthesized.
 *
 * A server that gets a plain document creates its own pipeline; several servers can share one that you create.
 *
 * @example
 * const pipeline = new InferencePipeline(ml, 'fall-detection', { document: fallDetection });
 * new InferenceServer(ml, 'fall', { pipelines: [pipeline], repository });
 */
export class InferencePipeline extends Construct {
  /**
   * A pipeline from its file, as `mis serve` reads it.
   *
   * @param path a YAML or JSON file, or a reference configuration directory, relative to the working directory
   * @throws ConfigurationError with every problem of the file
   * @example
   * const pipeline = InferencePipeline.fromFile(ml, 'fall-detection', 'stacks/pipelines/fall-detection/pipeline.yaml');
   */
  static fromFile(scope: Construct, id: string, path: string): InferencePipeline {
    return new InferencePipeline(scope, id, {
      document: readDocument(path).document,
    });
  }

  /** Name of the ConfigMap. */
  readonly configMap: string;
  /** Changes when the document does. */
  readonly checksum: string;
  /** @internal */
  readonly _file: PipelineFile;

  constructor(scope: Construct, id: string, { document }: InferencePipelineProps) {
    super(scope, id);
    this._file = new PipelineFile(this, document);
    const size = Buffer.byteLength(this._file.text);
    if (size > CONFIG_MAP_LIMIT) {
      const allowed = `at most ${CONFIG_MAP_LIMIT} bytes as YAML (one ConfigMap): put large parameters into a component`;
      refuse(this, 'document', `${size} bytes`, allowed);
    }
    this.configMap = resourceName(this);
    this.checksum = checksum(this._file.text);
    kubeObject(
      this,
      'Resource',
      k8s.KubeConfigMap.manifest({
        metadata: {
          name: this.configMap,
          labels: { ...objectLabels('inference-server', this.configMap) },
        },
        data: { [this._file.name]: this._file.text },
      }),
    );
  }

  /** The document with its defaults filled in. */
  get document(): PipelineDocument {
    return this._file.document;
  }
}
