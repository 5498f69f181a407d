import { type PipelineDocumentInput, writeDocument } from '../../runtime/config';
import { fallDetection } from './fall-detection/pipeline';

/** The pipelines of this package that are typed values, by their folder. */
const DOCUMENTS: Readonly<Record<string, PipelineDocumentInput>> = { 'fall-detection': fallDetection };

/** Each pipeline as a file, path in the package → text, for whoever works without TypeScript. */
export function pipelineDocuments(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(DOCUMENTS).map(([folder, document]) => {
      const note = `# Written from pipeline.ts by \`node lib/scripts/write-pipelines.js\`; change it there.\n`;
      return [`stacks/pipelines/${folder}/pipeline.yaml`, note + writeDocument(document)];
    }),
  );
}
