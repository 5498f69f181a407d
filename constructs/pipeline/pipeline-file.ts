import { isDeepStrictEqual } from 'node:util';
import { type Construct } from 'constructs';
import {
  checkDocument,
  checkFormats,
  type ModelMetadata,
  parseText,
  type PipelineDocument,
  type PipelineDocumentInput,
  type Problem,
  writeDocument,
} from '../../runtime/definition';

/**
 * A pipeline document as the file that the runtime reads. The runtime's schema is checked at construction, its format check runs at
 * synth: a document that cannot work is not written.
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

  /** Problems of the document with this model. */
  problemsWith(model: ModelMetadata): string[] {
    return checkFormats(this.document, { model }).problems.map(sentence);
  }

  /** A value that YAML cannot hold (a function, a date) must not be dropped silently. */
  private write(): string {
    const foreign = findForeign(this.input, '');
    if (foreign.length > 0) this.refuse(foreign);
    const text = writeDocument(this.input);
    // Parameters of components have no schema here, so the file is read back and compared.
    if (!isDeepStrictEqual(parseText(text, this.name), withoutUndefined(this.input))) {
      this.refuse([{ path: '', message: 'does not read back from its file as the same document' }]);
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

function findForeign(value: unknown, path: string): Problem[] {
  if (value === undefined || value === null || ['string', 'number', 'boolean'].includes(typeof value))
    return [];
  if (typeof value !== 'object' || !(Array.isArray(value) || isPlainObject(value))) {
    const found = typeof value === 'object' ? value.constructor.name : typeof value;
    return [{ path, message: `must be plain data (texts, numbers, booleans, lists, maps), got a ${found}` }];
  }
  const inner = (key: string) =>
    Array.isArray(value) ? `${path}[${key}]` : [path, key].filter(Boolean).join('.');
  return Object.entries(value).flatMap(([key, item]) => findForeign(item, inner(key)));
}

/** Also one of another realm, such as a test's. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function withoutUndefined(value: unknown): unknown {
  // Array.from, as the arrays of another realm have another prototype.
  if (Array.isArray(value)) return Array.from(value as unknown[], withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
