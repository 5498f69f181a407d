import { isDeepStrictEqual } from 'node:util';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { parse, stringify } from 'yaml';
import {
  pipelineDocumentSchema,
  type PipelineDocument,
  type PipelineDocumentInput,
} from '../../runtime/config/pipeline-document';
import { checksum } from '../private/checksum';
import { refuse } from '../private/checks';
import { kubeObject } from '../private/kube-object';
import { objectLabels } from '../private/labels';
import { resourceName } from '../private/names';

export interface InferencePipelineProps {
  /** The pipeline, as its author writes it. */
  readonly document: PipelineDocumentInput;
}

/**
 * A pipeline document in the cluster: a ConfigMap with the document as the runtime reads it. The document is checked with the
 * runtime's own schema when the construct is made, and its formats at synth.
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

  constructor(scope: Construct, id: string, { document }: InferencePipelineProps) {
    super(scope, id);
    this.document = this.parse(document);
    this.configMap = resourceName(this);
    this.file = `${this.document.name}.yaml`;
    this.text = writePipeline(this, document);
    this.checksum = checksum(this.text);
    kubeObject(
      this,
      'Resource',
      k8s.KubeConfigMap.manifest({
        metadata: { name: this.configMap, labels: { ...objectLabels('inference-server', this.configMap) } },
        data: { [this.file]: this.text },
      }),
    );
  }

  private parse(document: PipelineDocumentInput): PipelineDocument {
    const { success, data, error } = pipelineDocumentSchema.safeParse(document);
    if (success) return data;
    const problems = error.issues.map(
      ({ path, message }) => `\n  ${path.map(String).join('.') || 'document'}: ${message}`,
    );
    throw new Error(
      `${this.constructor.name} '${this.node.path}': the document cannot work:${problems.join('')}`,
    );
  }
}

/** The document's file as the runtime reads it. */
export function writePipeline(subject: Construct | string, document: PipelineDocumentInput): string {
  const plain = withoutUndefined(document);
  const text = stringify(plain, { lineWidth: 100 });
  if (!isDeepStrictEqual(parse(text), plain)) {
    refuse(subject, 'document', document, 'plain data: texts, numbers, booleans, lists and maps');
  }
  return text;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
