import { type AddressInfo } from 'node:net';
import { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { formatAddress } from '../contracts/values/address';
import { Tokens } from './access/tokens';
import { buildApp } from './app';
import { type CompiledRepositoryOptions } from './config';
import { messageOf, StartError } from './errors';
import { QuietConnections } from './operation/quiet-connections';
import { RepositoryMetrics } from './operation/repository-metrics';
import { TransferMemory } from './operation/transfer-memory';
import { OnnxInspector } from './packages/onnx-inspector';
import { PackageInspector } from './packages/package-inspector';
import { type ComponentStore } from './store/component-store';
import { observeStore } from './store/observed-store';
import { openStore } from './store/open-store';
import { PackageIntake } from './uploads/package-intake';
import { Spool } from './uploads/spool';

const MAX_ENTRIES = 10_000;
const MAX_RATIO = 200;

export interface RepositoryServerDependencies {
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  /** Options of Node for the process that opens models; default: its own. */
  readonly execArgv?: readonly string[];
}

/**
 * The service: opens the store, sweeps it, listens, and closes it all in the reverse order.
 * States: starting (`start` has not resolved), ready, draining (`stop` was called), stopped.
 */
export class RepositoryServer {
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private sweeper: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: CompiledRepositoryOptions,
    private readonly logger: FastifyBaseLogger,
    private readonly store: ComponentStore,
    private readonly onnx: OnnxInspector,
    private readonly tokens: Tokens | undefined,
  ) {}

  private app!: FastifyInstance;
  private intake!: PackageIntake;
  private spool!: Spool;
  private quiet!: QuietConnections;

  /**
   * A server that accepts requests.
   * @throws StartError when a file, the store or the address cannot be used; whatever was opened is closed again.
   */
  static async start(
    options: CompiledRepositoryOptions,
    { logger, version, execArgv }: RepositoryServerDependencies,
  ): Promise<RepositoryServer> {
    const tokens = options.tokensFile === undefined ? undefined : Tokens.open(options.tokensFile);
    const metrics = new RepositoryMetrics();
    const memory = new TransferMemory();
    const { spoolDirectory } = options;
    const store = observeStore(await openStore(options.store, { spoolDirectory, memory }), metrics);
    const onnx = new OnnxInspector({ execArgv });
    const server = new RepositoryServer(options, logger, store, onnx, tokens);
    try {
      await server.build(metrics, memory, version);
      await server.sweep();
      await server.listen();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** `host:port` that it really listens on. */
  get address(): string {
    const { address, port } = this.app.server.address() as AddressInfo;
    return formatAddress({ host: address, port });
  }

  /** Reads the tokens again; when the file is wrong they stay as they were. */
  reloadTokens(): void {
    try {
      this.tokens?.reload();
      if (this.tokens) this.logger.info('tokens read again');
    } catch (error) {
      this.logger.error({ error }, 'the tokens stay as they were');
    }
  }

  /** Not ready at once; transfers under way go on up to the drain timeout, then they are cut and cleaned up after. */
  stop(): Promise<void> {
    this.stopping = true;
    return (this.stopped ??= this.close());
  }

  private async build(metrics: RepositoryMetrics, memory: TransferMemory, version: string): Promise<void> {
    const { options, store } = this;
    const flushEarly = store.keepsSpooledFiles;
    this.spool = await Spool.open(store.spoolDirectory, { memory, flushEarly }).catch((error: unknown) => {
      throw new StartError(`cannot receive uploads: ${messageOf(error)}`);
    });
    const limits = {
      maxEntries: MAX_ENTRIES,
      maxUnpackedBytes: options.maxUnpackedBytes,
      maxRatio: MAX_RATIO,
    };
    const inspector = new PackageInspector(this.onnx, limits, options.strict);
    this.intake = new PackageIntake(store, this.spool, inspector, options);
    metrics.watch(store, () => this.intake.inFlight);
    const { intake, logger, spool } = this;
    const isStopping = () => this.stopping;
    this.app = await buildApp(
      { store, spool, intake, inspector, metrics, logger, isStopping, version },
      { ...options, tokens: this.tokens },
    ).catch((error: unknown) => {
      throw new StartError(messageOf(error));
    });
    this.quiet = new QuietConnections(this.app.server, options.tls !== undefined);
  }

  private async listen(): Promise<void> {
    const { http, sweepIntervalMs } = this.options;
    await this.app.listen(http).catch((error: unknown) => {
      throw new StartError(`cannot listen on ${formatAddress(http)}: ${messageOf(error)}`);
    });
    this.sweeper = setInterval(() => void this.sweep(), sweepIntervalMs).unref();
  }

  private async sweep(): Promise<void> {
    try {
      const report = await this.store.sweep();
      if (report.packages + report.uploads > 0) this.logger.info(report, 'swept what was left behind');
    } catch (error) {
      this.logger.error({ error }, 'the sweep failed');
    }
  }

  private async close(): Promise<void> {
    clearInterval(this.sweeper);
    if (this.app as FastifyInstance | undefined) {
      const { server } = this.app;
      const deadline = setTimeout(() => server.closeAllConnections(), this.options.drainTimeoutMs);
      const closed = this.app.close();
      this.quiet.close();
      await closed;
      clearTimeout(deadline);
      await this.intake.settled();
      await this.spool.close();
    }
    this.onnx.close();
    await this.store.close();
  }
}
