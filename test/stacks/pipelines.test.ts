import { pipelineDocumentSchema, readDocument } from '../../runtime/config';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { FALL_DETECTION } from '../fixtures/start-server';

describe('the pipelines of the stacks', () => {
  it('are the same as typed values and as files for the runtime', () => {
    expect(readDocument(FALL_DETECTION).document).toEqual(pipelineDocumentSchema.parse(fallDetection));
  });
});
