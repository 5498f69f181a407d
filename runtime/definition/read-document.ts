import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../contracts/program/problem';
import { isModelFile, modelDocument } from './model-document';
import { writeDocument } from './write-document';
import { pipelineDocumentSchema, type PipelineDocument } from './pipeline-document';
import { parseText, readText, unreadable } from '../../contracts/program/read-source';
import { isReferenceDirectory, readReferenceDirectory } from './reference-directory';
import { REFERENCE_FILES } from './reference-files';
import { parseWith } from '../../contracts/program/schema-problems';

function validDocument(value: unknown, source: string): PipelineDocument {
  const parsed = parseWith(pipelineDocumentSchema, value);
  if ('problems' in parsed) throw new ConfigurationError(source, parsed.problems);
  return parsed.value;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * A pipeline document out of YAML or JSON text, defaults filled in. `source` is what messages call the text.
 * Its steps and formats are not checked against each other; that is what the format check does.
 * @throws ConfigurationError with every problem of the text, each with its line or its path.
 */
export function parseDocument(text: string, source = 'document'): PipelineDocument {
  return validDocument(parseText(text, source), source);
}

/** A document and what it was read from. */
export interface ReadDocument {
  readonly document: PipelineDocument;
  /** `sha256:…` of the file, or of what the files of a directory say together. */
  readonly digest: string;
  readonly from: 'file' | 'reference-directory' | 'model';
  /** The file or reference directory that was read. */
  readonly path: string;
}

/** Names of a document in a folder that stands for it. */
const DOCUMENT_FILES = ['pipeline.yaml', 'pipeline.yml', 'pipeline.json'];

/**
 * Reads a pipeline document: a YAML or JSON file, a folder with one named `pipeline.yaml`, a reference configuration
 * directory, or an ONNX model, whose document is made of what its file says.
 * @throws ConfigurationError with every problem of the file or of the directory's files.
 */
export function readDocument(path: string): ReadDocument {
  if (!isDirectory(path)) {
    if (isModelFile(path)) return readModel(path);
    const text = readText(path);
    return { document: parseDocument(text, path), digest: digestOf(text), from: 'file', path };
  }
  const [inside, another] = DOCUMENT_FILES.filter((name) => existsSync(join(path, name)));
  if (another !== undefined) {
    const message = `holds ${inside} and ${another}: name the one that is meant`;
    throw new ConfigurationError(path, [{ path: '', message }]);
  }
  if (inside !== undefined) return readDocument(join(path, inside));
  if (!isReferenceDirectory(path)) {
    const message = `holds no pipeline; expected a document's file, a directory with pipeline.yaml, or one with ${Object.keys(REFERENCE_FILES).join(', ')}`;
    throw new ConfigurationError(path, [{ path: '', message }]);
  }
  const read = readReferenceDirectory(path);
  const digest = digestOf(JSON.stringify(read));
  return { document: validDocument(read, path), digest, from: 'reference-directory', path };
}

function readModel(path: string): ReadDocument {
  const { document } = modelDocument(path);
  return {
    document: validDocument(document, path),
    digest: digestOf(writeDocument(document)),
    from: 'model',
    path,
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
