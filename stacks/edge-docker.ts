import { type Construct } from 'constructs';
import { ComposeProject, Inclusion, type PipelineDocumentInput } from '../constructs';

export interface EdgeDockerProps {
  readonly pipelines: readonly PipelineDocumentInput[];
  /** Folder of the pipelines' components. */
  readonly components: string;
}

/** One box with Docker: a server with its components beside it, and on demand a repository and Prometheus. */
export class EdgeDockerStack extends ComposeProject {
  constructor(scope: Construct, id: string, props: EdgeDockerProps) {
    super(scope, id, { ...props, repository: Inclusion.ON_DEMAND, prometheus: Inclusion.ON_DEMAND });
  }
}
