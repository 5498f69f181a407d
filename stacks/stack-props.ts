import { type PipelineDocumentInput } from '../constructs';
import { type StackEnvironment } from './environments';

/** What a topology is made of. */
export interface StackProps {
  readonly pipelines: readonly PipelineDocumentInput[];
  readonly environment: StackEnvironment;
}
