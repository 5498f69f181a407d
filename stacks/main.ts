import { App } from 'cdk8s';
import { EdgeDockerStack } from './edge-docker';
import { environmentNamed } from './environments';
import { LoadBalancedStack } from './load-balanced';
import { fallDetection } from './pipelines/fall-detection/pipeline';
import { SinglePodStack } from './single-pod';

// The three topologies from one pipeline; `cdk8s synth` runs this. MIS_ENVIRONMENT chooses their size.
const app = new App();
const environment = environmentNamed(process.env.MIS_ENVIRONMENT ?? 'production');
const pipelines = [fallDetection];

new SinglePodStack(app, 'single-pod', { pipelines, environment });
new LoadBalancedStack(app, 'load-balanced', { pipelines, environment });
const edge = new EdgeDockerStack(app, 'edge-docker', {
  pipelines,
  components: 'stacks/pipelines/fall-detection/components',
});

app.synth();
edge.write();
