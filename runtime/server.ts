import { describeBindFailure, type Binding } from './binding';
import { formatAddress } from '../contracts/values/address';
import { type CompiledRuntimeOptions } from './config/runtime-options';
import { ConfigurationError, type Problem } from '../contracts/program/problem';
import { CallGate } from './grpc/calls/call-gate';
import { createServerCredentials } from './grpc/credentials';
import { GrpcServer } from './grpc/grpc-server';
import { countBusyThreads } from './inferencer/sessions/model-thread';
import { HUNG_THREADS } from './inferencer/sessions/hung-threads';
import { StreamObserver } from './grpc/stream/stream-observer';
import { ServerGuard } from './access/server-guard';
import { Operations } from './http/operations';
import { Lifecycle } from './serving/lifecycle';
import { type Logger } from '../contracts/program/logger';
import { readMemoryLimit } from './machine/memory-limit';
import { planMemory } from './machine/memory-plan';
import { watchDescriptors } from './observability/descriptor-watch';
import { Metrics } from './observability/metrics';
import { openTracing } from './observability/tracing/open-tracing';
import { openComponentAccess } from './serving/component-access';
import { watchFaults } from './serving/watch-faults';
import { ComponentFollower } from './serving/component-follower';
import { PipelineLoader } from './serving/pipeline-loader';
import { PipelineRegistry } from './serving/pipeline-registry';
import { Reloader } from './serving/reloader';

/** Longest that clients which go on sending are read while the server drains, in milliseconds. */
const MAX_DRAIN_READ_MS = 1000;

/** Longest that closing may take once the drain timeout is over, in milliseconds. */
const CLOSE_LIMIT_MS = 500;

/** Where a started server really listens. */
export interface ServerAddresses {
  readonly grpc: string;
  readonly http: string;
  /** Where the metrics have an address of their own. */
  readonly metrics?: string;
}

/**
 * The inference server. `start` binds its ports, so that health is answered, loads and warms the pipelines, and then is
 * ready; `stop` is not ready at once, answers what is in flight, and closes in reverse order.
 */
export class InferenceServer {
  readonly lifecycle = new Lifecycle();
  readonly metrics = new Metrics();
  private readonly registry = new PipelineRegistry();
  private readonly grpc: GrpcServer;
  private readonly guard: ServerGuard;
  private readonly gate: CallGate;
  private readonly observer: StreamObserver;
  private readonly operations: Operations;
  private readonly loader: PipelineLoader;
  private readonly reloader: Reloader;
  private readonly follower: ComponentFollower | undefined;
  private reflection: Promise<void> | undefined;
  private endWatch: () => void = () => undefined;
  private endDescriptorWatch: () => void = () => undefined;

  constructor(
    private readonly options: CompiledRuntimeOptions,
    private readonly log: Logger,
  ) {
    const inFlightBytes = planInFlightBytes(log);
    this.guard = new ServerGuard(options, this.metrics.access, log);
    const { callsDenied } = this.metrics.access;
    this.gate = new CallGate(log, (reason) => callsDenied.inc({ reason }));
    this.observer = new StreamObserver(log, options.slowRequestMs);
    this.grpc = new GrpcServer(
      this.registry,
      this.lifecycle,
      log,
      this.metrics,
      options,
      this.gate,
      this.observer,
      inFlightBytes,
    );
    const certificates = options.httpTls ? this.guard.certificates : undefined;
    this.operations = new Operations({ ...options, certificates }, this.metrics, this.lifecycle, log);
    const access = openComponentAccess(options, log);
    const { paths, components } = options;
    this.loader = new PipelineLoader({ paths, components, inFlightBytes, ...access }, this.metrics, log);
    this.reloader = new Reloader(this.registry, this.loader, log);
    if (options.reload && access.fetcher !== undefined) {
      this.follower = new ComponentFollower(this.registry, access.fetcher, log);
    }
  }

  /** @throws ConfigurationError with every problem that keeps it from serving; everything is closed again then. */
  async start(): Promise<ServerAddresses> {
    try {
      this.gate.access = await this.guard.open();
      this.observer.tracing = await openTracing(this.options, this.metrics.access, this.log);
      const addresses = await this.listen();
      for (const pipeline of await this.loader.loadAll()) this.registry.add(pipeline);
      this.endWatch = watchFaults(
        this.registry,
        this.lifecycle.impairments,
        this.metrics,
        HUNG_THREADS,
        this.log,
      );
      this.grpc.announcePipelines();
      if (this.options.reload) this.reloader.start();
      this.follower?.start();
      this.endDescriptorWatch = watchDescriptors(this.log);
      this.lifecycle.enter('ready');
      this.log.info({ ...addresses, pipelines: this.registry.names }, 'ready');
      this.reflection = new Promise(setImmediate).then(() => this.addReflection());
      return addresses;
    } catch (error) {
      this.lifecycle.enter('failed');
      await this.close();
      throw error;
    }
  }

  /** Reads certificates, tokens and keys again, changed or not; those that cannot serve are refused. */
  reloadCredentials(): Promise<void> {
    return this.guard.reloadNow();
  }

  /** Drains for at most the drain timeout, then closes. */
  async stop(): Promise<void> {
    this.lifecycle.enter('draining');
    const { drainTimeoutMs } = this.options;
    this.log.info({ drainTimeoutMs }, 'draining');
    this.reloader.stop();
    const startedMs = performance.now();
    const drained = this.grpc.drain(Math.min(MAX_DRAIN_READ_MS, drainTimeoutMs / 2));
    if (!(await settlesWithin(drained, drainTimeoutMs))) {
      this.log.warn({ drainTimeoutMs }, 'drain timeout: requests in flight are given up');
      this.grpc.giveUp();
    }
    const leftMs = drainTimeoutMs - (performance.now() - startedMs);
    // A run of the model that nobody waits for any more cannot be ended; the process does not wait for it.
    if (!(await settlesWithin(this.close(), Math.max(CLOSE_LIMIT_MS, leftMs))))
      this.log.warn({ busyThreads: countBusyThreads() }, 'closed without what is still under way');
    this.lifecycle.enter('stopped');
    this.log.info('stopped');
  }

  private async listen(): Promise<ServerAddresses> {
    const { grpc } = this.options;
    const credentials = createServerCredentials(this.guard.certificates);
    const bindings: readonly Binding[] = [
      {
        option: '--grpc',
        address: grpc,
        listen: () => this.grpc.listen(grpc.host, grpc.port, credentials),
      },
      ...this.operations.bindings,
    ];
    const bound = await Promise.allSettled(bindings.map((binding) => binding.listen()));
    const problems: Problem[] = bound.flatMap((result, index) =>
      result.status === 'rejected' ? [describeBindFailure(bindings[index], result.reason)] : [],
    );
    if (problems.length > 0) throw new ConfigurationError('', problems);
    const [grpcAddress, http, metrics] = bound.map((result, index) =>
      formatAddress({
        host: bindings[index].address.host,
        port: (result as PromiseFulfilledResult<number>).value,
      }),
    );
    return { grpc: grpcAddress, http, ...(metrics !== undefined && { metrics }) };
  }

  private async addReflection(): Promise<void> {
    try {
      await this.grpc.addReflection();
    } catch (error) {
      this.log.error({ error }, 'reflection is not available');
    }
  }

  private async close(): Promise<void> {
    this.reloader.stop();
    this.endWatch();
    this.guard.stop();
    this.endDescriptorWatch();
    await this.follower?.stop();
    await this.reflection;
    await this.grpc.close();
    for (const pipeline of this.registry) await pipeline.current.close();
    await this.observer.tracing?.close();
    await this.operations.close();
  }
}

/** Whether `work` is done in that time. It goes on all the same. */
async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)));
  try {
    return await Promise.race([work.then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
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
