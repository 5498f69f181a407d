import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineDocumentSchema, readDocument } from '../../runtime/definition';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { scratchDetectionEncoded } from '../../stacks/pipelines/scratch-detection/encoded-pictures';
import { scratchDetection } from '../../stacks/pipelines/scratch-detection/pipeline';
import { FALL_DETECTION, SCRATCH_DETECTION, SCRATCH_DETECTION_ENCODED } from '../fixtures/start-server';

describe('the pipelines of the stacks', () => {
  it('are the same as typed values and as files for the runtime', () => {
    expect(readDocument(FALL_DETECTION).document).toEqual(pipelineDocumentSchema.parse(fallDetection));
    expect(readDocument(SCRATCH_DETECTION).document).toEqual(pipelineDocumentSchema.parse(scratchDetection));
    expect(readDocument(SCRATCH_DETECTION_ENCODED).document).toEqual(
      pipelineDocumentSchema.parse(scratchDetectionEncoded),
    );
  });

  it('are shown by the README as they are', () => {
    const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
    const shown = /^```yaml\n(# Falls of a person[^]*?)^```$/m.exec(readme)?.[1];
    expect(shown).toBe(readFileSync(FALL_DETECTION, 'utf8'));
  });
});
