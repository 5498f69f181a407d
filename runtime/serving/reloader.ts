import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';
import { type PipelineLoader } from './pipeline-loader';
import { type PipelineRegistry } from './pipeline-registry';
import { type ServedPipeline } from './served-pipeline';
import { signatureOf } from './source-signature';

/** How often the sources are looked at. File events are no alternative: mounts and network volumes do not send them. */
const POLL_MS = 500;

/**
 * Watches what the pipelines were made of. A changed one is loaded beside the version that serves and swapped in; one
 * that cannot serve is refused, and the version before goes on.
 */
export class Reloader {
  private timer: NodeJS.Timeout | undefined;
  private readonly seen = new Map<ServedPipeline, { loaded: string; last: string }>();
  private busy = false;
  /** Why the last look failed; told once. */
  private trouble: string | undefined;

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly loader: PipelineLoader,
    private readonly log: Logger,
  ) {}

  start(): void {
    for (const served of this.registry) {
      const signature = signatureOf(served.current.sources);
      this.seen.set(served, { loaded: signature, last: signature });
    }
    this.timer = setInterval(() => void this.look(), POLL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (const [served, seen] of this.seen) {
        const signature = signatureOf(served.current.sources);
        // A change is taken once it has come to rest, so that a file half written is not read.
        if (signature !== seen.loaded && signature === seen.last) {
          const { sources } = served.current;
          seen.loaded = signature;
          await this.reload(served);
          // Another version may be made of other files; what has changed meanwhile in the same ones is seen next time.
          const after = served.current.sources;
          if (after.join('\n') !== sources.join('\n')) seen.loaded = signatureOf(after);
          seen.last = seen.loaded;
        } else {
          seen.last = signature;
        }
      }
      this.trouble = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.trouble) this.log.error({ reason }, 'looking for changed pipelines failed');
      this.trouble = reason;
    } finally {
      this.busy = false;
    }
  }

  private async reload(served: ServedPipeline): Promise<void> {
    const { name: pipeline, source } = served;
    try {
      const next = await this.loader.loadNext(served);
      served.metrics.reloaded('ok');
      this.log.info({ pipeline, source }, 'pipeline swapped');
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
