export { EdgeDockerStack, type EdgeDockerProps } from './edge-docker';
export { type EnvironmentName, ENVIRONMENTS, environmentNamed, type StackEnvironment } from './environments';
export { LoadBalancedStack } from './load-balanced';
export { fallDetection } from './pipelines/fall-detection/pipeline';
export { scratchDetectionEncoded } from './pipelines/scratch-detection/encoded-pictures';
export { scratchDetection } from './pipelines/scratch-detection/pipeline';
export { SinglePodStack } from './single-pod';
export { type StackProps } from './stack-props';
