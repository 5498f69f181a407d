import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineDocumentSchema, readDocument } from '../../runtime/config';
import { fallDetection } from '../../stacks';
import { pipelineDocuments } from '../../stacks/pipelines/pipeline-documents';

const ROOT = join(__dirname, '../..');

describe('the pipelines of the package', () => {
  it.each([...pipelineDocuments()])(
    '%s is what the typed value says (npm run generate)',
    (path, text) => {
      expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
    },
  );

  it('reads fall detection from its file as the typed value', () => {
    const { document } = readDocument(join(ROOT, 'stacks/pipelines/fall-detection/pipeline.yaml'));
    expect(document).toEqual(pipelineDocumentSchema.parse(fallDetection));
  });
});
