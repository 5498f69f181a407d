import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  checkDocument,
  type ModelMetadata,
  parseDocument,
  type PipelineDocument,
  type PipelineDocumentInput,
  type Problem,
  writeDocument,
} from '../../runtime/config';
import { checksum } from '../private/checksum';
import { kubeObject } from '../private/kube-object';
import { objectLabels } from '../private/labels';
import { resourceName } from '../private/names';

export interface InferencePipelineProps {
  /** The pipeline, as its author writes it. */
  readonly document: PipelineDocumentInput;
}

/**
 * A pipeline document in the cluster: a ConfigMap with the document as the runtime reads it. The runtime's own schema is applied
 * when the construct is made, the runtime's own format check at synth: what cannot work is not synthesized.
 *
 * Servers that are given a plain document make one of their own; several servers can share one that you make.
 *
 * @example
 * const pipeline = new InferencePipeline(ml, 'fall-detection', { document: fallDetection });
 * new InferenceServer(ml, 'fall', { pipelines: [pipeline], repository });
 */
export class InferencePipeline extends Construct {
  /** The document with its defaults filled in. */
  readonly document: PipelineDocument;
  /** Name of the ConfigMap. */
  readonly configMap: string;
  /** Name of the document's file, `<pipeline>.yaml`. */
  readonly file: string;
  /** The file's text. */
  readonly text: string;
  /** Changes when the document does. */
  readonly checksum: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: InferencePipelineProps,
  ) {
    super(scope, id);
    const { document, problems } = checkDocument(props.document);
    if (document === undefined) this.refuseDocument(problems);
    this.document = document;
    this.configMap = resourceName(this);
    this.file = `${document.name}.yaml`;
    this.text = this.write(props.document);
    this.checksum = checksum(this.text);
    this.node.addValidation({ validate: () => problems.map(sentence) });
    kubeObject(
      this,
      'Resource',
      k8s.KubeConfigMap.manifest({
        metadata: {
          name: this.configMap,
          labels: { ...objectLabels('inference-server', this.configMap) },
        },
        data: { [this.file]: this.text },
      }),
    );
  }

  /** What is wrong with the document beside this model, in sentences. @internal */
  _problemsWith(model: ModelMetadata): string[] {
    return checkDocument(this.props.document, { model }).problems.map(sentence);
  }

  private refuseDocument(problems: readonly Problem[]): never {
    const lines = problems.map((problem) => `\n  ${sentence(problem)}`).join('');
    throw new Error(`${this.constructor.name} '${this.node.path}': the document cannot work:${lines}`);
  }

  /** A value that has no place in the file (a function, an undefined in a list) must not vanish on its way to the runtime. */
  private write(document: PipelineDocumentInput): string {
    const text = writeDocument(document);
    if (JSON.stringify(parseDocument(text)) !== JSON.stringify(this.document)) {
      this.refuseDocument([
        { path: '', message: 'must be plain data: texts, numbers, booleans, lists and maps' },
      ]);
    }
    return text;
  }
}

function sentence({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}
