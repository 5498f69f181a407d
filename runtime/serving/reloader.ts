import { setTimeout as pause } from 'node:timers/promises';
import { type Logger } from '../../contracts/program/logger';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { FileWatcher } from '../../contracts/program/watched-files';
import { type LoadedPipeline } from './loaded-pipeline';
import { loadWithin } from './loading-limit';
import { type PipelineLoader } from './pipeline-loader';
import { type PipelineRegistry } from './pipeline-registry';
import { type ServedPipeline } from './served-pipeline';

/** Longest that one pipeline waits for another to load, so that not all are in memory twice; one may never end. */
const TURN_MS = 10_000;

/**
 * Watches the files of the pipelines. A changed pipeline is loaded beside the version that serves and swapped in; one
 * that cannot serve is refused, and the previous version goes on. A further change while it loads supersedes it.
 */
export class Reloader {
  private readonly watchers: FileWatcher[] = [];
  private previous: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly loader: PipelineLoader,
    private readonly log: Logger,
    /** Longest that loading a pipeline may take. Default: no limit. */
    private readonly loadTimeoutMs?: number,
  ) {}

  start(): void {
    for (const served of this.registry) this.watch(served);
  }

  stop(): void {
    this.stopping.abort(new Error('the server stops'));
    for (const watcher of this.watchers) watcher.stop();
  }

  private watch(served: ServedPipeline): void {
    const watcher = new FileWatcher((error) =>
      this.log.error({ reason: messageOf(error) }, 'looking for changed pipelines failed'),
    );
    let loading = new AbortController();
    const watched = {
      get files() {
        return served.current.sources;
      },
      // The watcher goes on looking while the pipeline loads.
      reload: () => {
        loading.abort(new Superseded());
        loading = new AbortController();
        const { sources } = served.current;
        void this.reload(served, loading.signal).then(() => {
          // Another version may be made of other files, which count as read now.
          if (served.current.sources.join('\n') !== sources.join('\n')) watcher.watch(watched);
        });
      },
    };
    watcher.watch(watched);
    this.watchers.push(watcher);
  }

  private async reload(served: ServedPipeline, superseded: AbortSignal): Promise<void> {
    const { name: pipeline, source } = served;
    try {
      const previous = served.current;
      const next = await this.load(served, AbortSignal.any([superseded, this.stopping.signal]));
      served.metrics.reloaded('ok');
      this.log.info({ pipeline, source }, next === previous ? 'settings applied' : 'pipeline swapped');
      served
        .swap(next)
        .catch((error: unknown) => this.log.error({ pipeline, error }, 'closing a version failed'));
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      if (error instanceof Superseded) {
        this.log.warn({ pipeline, source }, 'changed again while it loaded: the newer version is loaded');
        return;
      }
      served.metrics.reloaded('refused');
      const problems = error instanceof ConfigurationError ? error.problems : undefined;
      this.log.error({ pipeline, source, problems, reason: messageOf(error) }, 'changed pipeline refused');
    }
  }

  /** Pipelines load one after the other, as far as each ends in time. */
  private async load(served: ServedPipeline, signal: AbortSignal): Promise<LoadedPipeline> {
    const { previous } = this;
    const { current } = served;
    const turn = Promise.race([previous, pause(TURN_MS, undefined, { ref: false })]);
    const loading = turn.then(() => {
      signal.throwIfAborted();
      return this.loader.loadNext(served);
    });
    const settled = loadWithin(loading, {
      source: served.source,
      limitMs: this.loadTimeoutMs,
      signal,
      discard: async (late) => {
        // Where only settings changed, it is the version that served when loading began.
        if (late !== current) await late.close();
      },
    });
    this.previous = settled.catch(() => undefined);
    return settled;
  }
}

/** Why a load is given up for a newer one. */
class Superseded extends Error {}
