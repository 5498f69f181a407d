import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { ConfigurationError } from '../../contracts/program/problem';
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
  readonly from: 'file' | 'reference-directory';
}

/**
 * Reads a pipeline document: a YAML or JSON file, or a reference configuration directory.
 * @throws ConfigurationError with every problem of the file or of the directory's files.
 */
export function readDocument(path: string): ReadDocument {
  if (!isDirectory(path)) {
    const text = readText(path);
    return { document: parseDocument(text, path), digest: digestOf(text), from: 'file' };
  }
  if (!isReferenceDirectory(path)) {
    const message = `holds no pipeline; expected a document's file, or a directory with ${Object.keys(REFERENCE_FILES).join(', ')}`;
    throw new ConfigurationError(path, [{ path: '', message }]);
  }
  const read = readReferenceDirectory(path);
  const digest = digestOf(JSON.stringify(read));
  return { document: validDocument(read, path), digest, from: 'reference-directory' };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
