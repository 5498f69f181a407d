import { type Logger } from '../../contracts/program/logger';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { FileWatcher } from '../../contracts/program/watched-files';
import { type PipelineLoader } from './pipeline-loader';
import { type PipelineRegistry } from './pipeline-registry';
import { type ServedPipeline } from './served-pipeline';

/**
 * Watches the files of the pipelines. A changed pipeline is loaded beside the version that serves and swapped in; one
 * that cannot serve is refused, and the previous version goes on.
 */
export class Reloader {
  private readonly watcher: FileWatcher;

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly loader: PipelineLoader,
    private readonly log: Logger,
  ) {
    this.watcher = new FileWatcher((error) =>
      log.error({ reason: messageOf(error) }, 'looking for changed pipelines failed'),
    );
  }

  start(): void {
    for (const served of this.registry) {
      this.watcher.watch({
        get files() {
          return served.current.sources;
        },
        reload: () => this.reload(served),
      });
    }
  }

  stop(): void {
    this.watcher.stop();
  }

  private async reload(served: ServedPipeline): Promise<void> {
    const { name: pipeline, source } = served;
    try {
      const previous = served.current;
      const next = await this.loader.loadNext(served);
      served.metrics.reloaded('ok');
      this.log.info({ pipeline, source }, next === previous ? 'settings applied' : 'pipeline swapped');
      served
        .swap(next)
        .catch((error: unknown) => this.log.error({ pipeline, error }, 'closing a version failed'));
    } catch (error) {
      served.metrics.reloaded('refused');
      const problems = error instanceof ConfigurationError ? error.problems : undefined;
      this.log.error({ pipeline, source, problems, reason: messageOf(error) }, 'changed pipeline refused');
    }
  }
}
