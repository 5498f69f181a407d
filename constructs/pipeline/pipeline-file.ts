import { type Construct } from 'constructs';
import {
  checkDocument,
  type ModelMetadata,
  parseDocument,
  type PipelineDocument,
  type PipelineDocumentInput,
  type Problem,
  writeDocument,
} from '../../runtime/config';

/**
 * A pipeline document as the file that the runtime reads. The runtime's own schema is applied at once, the runtime's own format
 * check at synth: what cannot work is not written.
 *
 * @internal
 */
export class PipelineFile {
  /** The document with its defaults filled in. */
  readonly document: PipelineDocument;
  /** Name of the file, `<pipeline>.yaml`. */
  readonly name: string;
  readonly text: string;

  constructor(
    private readonly owner: Construct,
    private readonly input: PipelineDocumentInput,
  ) {
    const { document, problems } = checkDocument(input);
    if (document === undefined) this.refuse(problems);
    this.document = document;
    this.name = `${document.name}.yaml`;
    this.text = this.write();
    owner.node.addValidation({
      validate: () => problems.map((problem) => `${document.name}: ${sentence(problem)}`),
    });
  }

  /** What is wrong with the document beside this model, in sentences. */
  problemsWith(model: ModelMetadata): string[] {
    return checkDocument(this.input, { model }).problems.map(sentence);
  }

  /** A value that has no place in the file (a function, an undefined in a list) must not vanish on its way to the runtime. */
  private write(): string {
    const text = writeDocument(this.input);
    if (JSON.stringify(parseDocument(text)) !== JSON.stringify(this.document)) {
      this.refuse([{ path: '', message: 'must be plain data: texts, numbers, booleans, lists and maps' }]);
    }
    return text;
  }

  private refuse(problems: readonly Problem[]): never {
    const lines = problems.map((problem) => `\n  ${sentence(problem)}`).join('');
    const name: unknown = (this.input as { name?: unknown } | undefined)?.name;
    throw new Error(
      `${this.owner.constructor.name} '${this.owner.node.path}': pipeline ${String(name)} cannot work:${lines}`,
    );
  }
}

function sentence({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}
