import { type Impairments } from './impairments';
import { type HungThreads } from '../inferencer/sessions/hung-threads';
import { type Logger } from '../../contracts/program/logger';
import { type Metrics } from '../observability/metrics';
import { type PipelineRegistry } from './pipeline-registry';

/**
 * Reports open breakers and hung engine threads to health, the metrics and the log. Returns a function that ends the
 * reporting.
 */
export function watchFaults(
  registry: PipelineRegistry,
  impairments: Impairments,
  metrics: Metrics,
  hungThreads: HungThreads,
  log: Logger,
): () => void {
  for (const served of registry) {
    const { name: pipeline } = served;
    served.followImpairment((reason) => {
      const before = impairments.ofPipeline(pipeline);
      impairments.setPipeline(pipeline, reason);
      if (reason !== undefined && before === undefined)
        log.error({ pipeline, reason }, 'breaker open: requests of the pipeline are refused');
      if (reason === undefined && before !== undefined)
        log.info({ pipeline }, 'breaker closed: the pipeline serves again');
    });
  }
  let last = 0;
  const tell = (): void => {
    const { size, most, isFull } = hungThreads;
    metrics.hungThreads.set(size);
    impairments.askForRestart(
      isFull ? `${size} worker threads hang in the engine and cannot be ended` : undefined,
    );
    if (size !== last) {
      if (isFull)
        log.error({ hung: size, most }, 'threads hang in the engine: the process has to be restarted');
      else log.warn({ hung: size, most }, 'threads hang in the engine');
    }
    last = size;
  };
  tell();
  return hungThreads.follow(tell);
}
