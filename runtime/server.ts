import { type Logger } from '../contracts/program/logger';
import { endsWithin } from '../contracts/program/within';
import { ConfigurationError, type Problem } from '../contracts/program/problem';
import { formatAddress } from '../contracts/values/address';
import { CallGate } from './access/call-gate';
import { ServerGuard } from './access/server-guard';
import { describeBindFailure, type Binding } from './binding';
import { type CompiledRuntimeOptions } from './config/runtime-options';
import { createServerCredentials } from './grpc/credentials';
import { GrpcServer } from './grpc/grpc-server';
import { Operations } from './http/operations';
import { watchDescriptors } from './observability/descriptor-watch';
import { type Metrics } from './observability/metrics';
import { ALL_SERVICES } from './services/all-services';
import { type Lifecycle } from './serving/lifecycle';
import { PipelineHost } from './serving/pipeline-host';

/** Longest that clients which go on sending are read while the server drains, in milliseconds. */
const MAX_DRAIN_READ_MS = 1000;

/** Longest that closing may take once the drain timeout is over, in milliseconds. */
const CLOSE_LIMIT_MS = 500;

/** The addresses that a started server listens on. */
export interface ServerAddresses {
  readonly grpc: string;
  readonly http: string;
  /** Where the metrics have an address of their own. */
  readonly metrics?: string;
}

/**
 * The inference server: a pipeline host, its front doors and their ports. `start` binds the ports, so that health is
 * answered, loads and warms the pipelines, and then is ready; `stop` is not ready at once, answers what is in flight, and
 * closes in reverse order.
 */
export class InferenceServer {
  private readonly grpc: GrpcServer;
  private readonly operations: Operations;
  private reflection: Promise<void> | undefined;
  private endDescriptorWatch: () => void = () => undefined;

  private constructor(
    private readonly options: CompiledRuntimeOptions,
    private readonly host: PipelineHost,
    private readonly guard: ServerGuard,
    private readonly log: Logger,
  ) {
    const { callsDenied } = host.metrics.access;
    const gate = new CallGate(guard.access, (reason) => callsDenied.inc({ reason }), log);
    this.grpc = new GrpcServer(host, Object.values(ALL_SERVICES), gate, options, log);
    const certificates = options.httpTls ? guard.certificates : undefined;
    this.operations = new Operations({ ...options, certificates }, host.metrics, host.lifecycle, log);
  }

  /**
   * A server that does not listen yet.
   * @throws ConfigurationError when certificates, tokens or keys cannot be read or cannot serve.
   */
  static async open(options: CompiledRuntimeOptions, log: Logger): Promise<InferenceServer> {
    const host = await PipelineHost.open(options, log);
    try {
      const guard = await ServerGuard.open(options, host.metrics.access, log);
      return new InferenceServer(options, host, guard, log);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  get lifecycle(): Lifecycle {
    return this.host.lifecycle;
  }

  get metrics(): Metrics {
    return this.host.metrics;
  }

  /** @throws ConfigurationError with every problem that keeps it from serving; everything is closed again then. */
  async start(): Promise<ServerAddresses> {
    try {
      const addresses = await this.listen();
      await this.host.start();
      this.endDescriptorWatch = watchDescriptors(this.log);
      this.log.info({ ...addresses, pipelines: this.host.registry.names }, 'ready');
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
    this.host.drain();
    const { drainTimeoutMs } = this.options;
    this.log.info({ drainTimeoutMs }, 'draining');
    const startedMs = performance.now();
    const drained = this.grpc.drain(Math.min(MAX_DRAIN_READ_MS, drainTimeoutMs / 2));
    if (!(await endsWithin(drained, drainTimeoutMs))) {
      this.log.warn({ drainTimeoutMs }, 'drain timeout: requests in flight are given up');
      this.grpc.giveUp();
    }
    const leftMs = drainTimeoutMs - (performance.now() - startedMs);
    // A model run that is under way cannot be ended; the process does not wait for it.
    if (!(await endsWithin(this.close(), Math.max(CLOSE_LIMIT_MS, leftMs)))) {
      this.log.warn({ busyThreads: this.host.busyThreads }, 'closed without what is still under way');
    }
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
    this.guard.stop();
    this.endDescriptorWatch();
    await this.reflection;
    await this.grpc.close();
    await this.host.close();
    await this.operations.close();
  }
}
