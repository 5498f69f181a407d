import { type Server as HttpServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { formatAddress, type Address } from './config/address';
import { type CompiledRuntimeOptions } from './config/runtime-options';
import { ConfigurationError, messageOf, type Problem } from './errors';
import { createServerCredentials } from './grpc/credentials';
import { GrpcServer } from './grpc/grpc-server';
import { createOperationsServer } from './http/operations-server';
import { countBusyThreads } from './inferencer/sessions/model-thread';
import { HUNG_THREADS } from './inferencer/sessions/hung-threads';
import { Lifecycle } from './lifecycle';
import { type Logger } from './observability/logger';
import { readMemoryLimit } from './machine/memory-limit';
import { planMemory } from './machine/memory-plan';
import { watchDescriptors } from './observability/descriptor-watch';
import { Metrics } from './observability/metrics';
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
  private readonly http: HttpServer;
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
    this.grpc = new GrpcServer(this.registry, this.lifecycle, log, this.metrics, options, inFlightBytes);
    this.http = createOperationsServer(this.metrics, this.lifecycle, log);
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
    const { grpc, http, tls } = this.options;
    const credentials = createServerCredentials(tls);
    const bound = await Promise.allSettled([
      this.grpc.listen(grpc.host, grpc.port, credentials),
      listenHttp(this.http, http),
    ]);
    const problems: Problem[] = bound.flatMap((result, index) =>
      result.status === 'rejected'
        ? [describeBindFailure(index === 0 ? '--grpc' : '--http', index === 0 ? grpc : http, result.reason)]
        : [],
    );
    if (problems.length > 0) throw new ConfigurationError('', problems);
    const [grpcPort, httpPort] = bound.map((result) => (result as PromiseFulfilledResult<number>).value);
    return {
      grpc: formatAddress({ host: grpc.host, port: grpcPort }),
      http: formatAddress({ host: http.host, port: httpPort }),
    };
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
    this.endDescriptorWatch();
    await this.follower?.stop();
    await this.reflection;
    await this.grpc.close();
    for (const pipeline of this.registry) await pipeline.current.close();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
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

function listenHttp(server: HttpServer, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function describeBindFailure(path: string, address: Address, error: unknown): Problem {
  const text = messageOf(error);
  const reason = text.includes('EADDRINUSE')
    ? 'the port is in use; take another, or 0 for any free one'
    : text;
  return { path, message: `cannot listen on ${formatAddress(address)}: ${reason}` };
}
