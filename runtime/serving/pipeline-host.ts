import { type ServiceName } from '../../contracts/names/services';
import { type Logger } from '../../contracts/program/logger';
import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { InferenceError } from '../errors';
import { HUNG_THREADS } from '../inferencer/sessions/hung-threads';
import { countBusyThreads } from '../inferencer/sessions/model-thread';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';
import { Metrics } from '../observability/metrics';
import { openTracing } from '../observability/tracing/open-tracing';
import { type Tracing } from '../observability/tracing/tracing';
import { openComponentAccess } from './component-access';
import { ComponentFollower } from './component-follower';
import { Exchange } from './exchange';
import { Lifecycle } from './lifecycle';
import { PipelineLoader } from './pipeline-loader';
import { PipelineRegistry } from './pipeline-registry';
import { Reloader } from './reloader';
import { type ServedPipeline } from './served-pipeline';
import { watchFaults } from './watch-faults';

export type PipelineHostOptions = Pick<
  CompiledRuntimeOptions,
  'paths' | 'components' | 'repository' | 'trustedKeys' | 'reload' | 'slowRequestMs' | 'tracing'
> &
  Partial<Pick<CompiledRuntimeOptions, 'loadTimeoutMs' | 'repositoryWaitMs'>>;

/**
 * Pipelines that are loaded, reloaded and observed, without any port: what a server, a function handler and a program that
 * embeds the runtime have in common. `open`, then `start`, then `find` and the exchange; `close` at the end.
 */
export class PipelineHost {
  readonly lifecycle = new Lifecycle();
  readonly registry = new PipelineRegistry();
  readonly exchange: Exchange;
  private readonly loader: PipelineLoader;
  private readonly reloader: Reloader;
  private readonly follower: ComponentFollower | undefined;
  private endWatch: () => void = () => undefined;

  private constructor(
    private readonly options: PipelineHostOptions,
    readonly metrics: Metrics,
    readonly tracing: Tracing | undefined,
    /** Most bytes of requests in flight, in a container with a memory limit. */
    readonly inFlightBytes: number | undefined,
    private readonly log: Logger,
  ) {
    this.exchange = new Exchange(log, options.slowRequestMs);
    const access = openComponentAccess(options, log, (kind, outcome) =>
      metrics.componentFetches.inc({ kind, outcome }),
    );
    const { paths, components, loadTimeoutMs } = options;
    const sources = { paths, components, inFlightBytes, loadTimeoutMs, ...access };
    this.loader = new PipelineLoader(sources, this.metrics, log);
    this.reloader = new Reloader(this.registry, this.loader, log, loadTimeoutMs);
    if (options.reload && access.fetcher !== undefined) {
      this.follower = new ComponentFollower(this.registry, access.fetcher, log);
    }
  }

  /**
   * A host that has loaded nothing yet: its state and metrics can be asked for.
   * @throws ConfigurationError when keys or tokens cannot be read.
   */
  static async open(options: PipelineHostOptions, log: Logger): Promise<PipelineHost> {
    const metrics = new Metrics();
    const tracing = await openTracing(options, metrics.access, log);
    try {
      return new PipelineHost(options, metrics, tracing, planInFlightBytes(log), log);
    } catch (error) {
      await tracing?.close();
      throw error;
    }
  }

  /**
   * Loads and warms the pipelines, then is ready.
   * @throws ConfigurationError with every problem that keeps them from being served; the host has to be closed then.
   */
  async start(): Promise<void> {
    for (const pipeline of await this.loader.loadAll()) this.registry.add(pipeline);
    this.endWatch = watchFaults(
      this.registry,
      this.lifecycle.impairments,
      this.metrics,
      HUNG_THREADS,
      this.log,
    );
    if (this.options.reload) this.reloader.start();
    this.follower?.start();
    this.lifecycle.enter('ready');
  }

  /**
   * The pipeline that a call asks for by name, or the default one of its service.
   * @param allow throws when the caller has no right to the pipeline. It is asked before a name is looked up, so that such
   *   a caller does not learn whether there is a pipeline of that name.
   * @throws InferenceError DRAINING, PIPELINE_UNKNOWN, and what `allow` throws.
   */
  find(
    name: string | undefined,
    service: ServiceName,
    allow: (pipeline: string) => void = () => undefined,
  ): ServedPipeline {
    const { state } = this.lifecycle;
    if (state !== 'ready') {
      throw new InferenceError('DRAINING', `the server is ${state}; try again elsewhere`);
    }
    if (name !== undefined) allow(name);
    const served = this.registry.find(name, service);
    allow(served.name);
    return served;
  }

  /** Threads that are in a model run. */
  get busyThreads(): number {
    return countBusyThreads();
  }

  /** Takes no further calls and swaps no pipelines; those in flight go on until `close`. */
  drain(): void {
    this.lifecycle.enter('draining');
    this.reloader.stop();
  }

  /** Gives back models and threads; what is in flight is rejected. */
  async close(): Promise<void> {
    this.reloader.stop();
    this.endWatch();
    await this.follower?.stop();
    for (const pipeline of this.registry) await pipeline.current.close();
    await this.tracing?.close();
  }
}

/** In a container with a limit: how many bytes of requests fit in it. */
function planInFlightBytes(log: Logger): number | undefined {
  const limitBytes = readMemoryLimit();
  if (limitBytes === undefined) return undefined;
  const { heapMib, inFlightBytes } = planMemory(limitBytes);
  log.info({ limitBytes, heapMib, inFlightBytes }, 'memory is limited');
  return inFlightBytes;
}
