import { pipelineDocumentSchema, readDocument } from '../../runtime/definition';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { scratchDetection, scratchDetectionEncoded } from '../../stacks/pipelines/scratch-detection/pipeline';
import { FALL_DETECTION, SCRATCH_DETECTION, SCRATCH_DETECTION_ENCODED } from '../fixtures/start-server';

describe('the pipelines of the stacks', () => {
  it('are the same as typed values and as files for the runtime', () => {
    expect(readDocument(FALL_DETECTION).document).toEqual(pipelineDocumentSchema.parse(fallDetection));
    expect(readDocument(SCRATCH_DETECTION).document).toEqual(pipelineDocumentSchema.parse(scratchDetection));
    expect(readDocument(SCRATCH_DETECTION_ENCODED).document).toEqual(
      pipelineDocumentSchema.parse(scratchDetectionEncoded),
    );
  });
});
