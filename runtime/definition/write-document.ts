import { stringify } from 'yaml';
import { type PipelineDocumentInput } from './typed-document';

/**
 * The document as text that reads back as exactly the same document. JSON text is for machines, YAML for people; both are
 * accepted wherever a document is.
 */
export function writeDocument(document: PipelineDocumentInput, format: 'yaml' | 'json' = 'yaml'): string {
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  // A list that the author's code used twice is written twice: anchors are no help to a reader. Long lines stay whole.
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}
