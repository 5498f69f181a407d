import { type AddressInfo } from 'node:net';
import { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { PACKAGE_LIMITS } from '../contracts/package/zip-archive';
import { messageOf } from '../contracts/program/problem';
import { type TokenFile } from '../contracts/program/token-file';
import { UsageError } from '../contracts/program/usage-error';
import { FileWatcher } from '../contracts/program/watched-files';
import { endsWithin } from '../contracts/program/within';
import { formatAddress } from '../contracts/values/address';
import { openTokens, type Scope } from './access/tokens';
import { buildApp } from './app';
import { type CompiledRepositoryOptions } from './config';
import { QuietConnections } from './operation/quiet-connections';
import { RepositoryMetrics } from './operation/repository-metrics';
import { TransferMemory } from './operation/transfer-memory';
import { OnnxInspector } from './packages/onnx-inspector';
import { PackageInspector } from './packages/package-inspector';
import { type ComponentStore } from './store/component-store';
import { EmbeddedStore } from './store/embedded/embedded-store';
import { MongoStore } from './store/mongo/mongo-store';
import { observeStore } from './store/observed-store';
import { PackageIntake } from './uploads/package-intake';
import { Spool } from './uploads/spool';

export interface RepositoryServerDependencies {
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  /** Options of Node for the process that opens models; default: its own. */
  readonly execArgv?: readonly string[];
}

/** What a server is made of. */
interface Parts {
  readonly store: ComponentStore;
  readonly spool: Spool;
  readonly intake: PackageIntake;
  readonly app: FastifyInstance;
  readonly tokens: TokenFile<Scope> | undefined;
  /** Aborted when the server stops. */
  readonly stopping: AbortController;
}

/**
 * The service: opens the store, sweeps it, listens, and closes it all in the reverse order.
 * States: starting (`start` has not resolved), ready, draining (`stop` was called), stopped.
 */
export class RepositoryServer {
  private readonly quiet: QuietConnections;
  private readonly watcher: FileWatcher;
  private stopped: Promise<void> | undefined;
  private sweeper: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: CompiledRepositoryOptions,
    private readonly logger: FastifyBaseLogger,
    private readonly onnx: OnnxInspector,
    private readonly parts: Parts,
  ) {
    this.quiet = new QuietConnections(parts.app.server, options.tls !== undefined);
    this.watcher = new FileWatcher((error) => logger.error({ error }, 'looking for changed tokens failed'));
    const { tokens } = parts;
    if (tokens) this.watcher.watch({ files: [tokens.file], reload: () => this.reloadTokens() });
  }

  /**
   * A server that accepts requests.
   * @throws UsageError when a file, the store or the address cannot be used; whatever was opened is closed again.
   */
  static async start(
    options: CompiledRepositoryOptions,
    dependencies: RepositoryServerDependencies,
  ): Promise<RepositoryServer> {
    const tokens = options.tokensFile === undefined ? undefined : openTokens(options.tokensFile);
    const metrics = new RepositoryMetrics();
    const memory = new TransferMemory();
    const store = observeStore(await openStore(options, memory), metrics);
    const onnx = new OnnxInspector({ execArgv: dependencies.execArgv });
    const server = await buildParts(options, dependencies, { store, onnx, tokens, metrics, memory }).then(
      (parts) => new RepositoryServer(options, dependencies.logger, onnx, parts),
      async (error: unknown) => {
        onnx.close();
        await store.close();
        throw error;
      },
    );
    try {
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
    const { address, port } = this.parts.app.server.address() as AddressInfo;
    return formatAddress({ host: address, port });
  }

  /** Reads the tokens again; when the file is wrong they stay as they were. */
  reloadTokens(): void {
    const { tokens } = this.parts;
    try {
      tokens?.reload();
      if (tokens) this.logger.info('tokens read again');
    } catch (error) {
      this.logger.error({ error }, 'the tokens stay as they were');
    }
  }

  /** Not ready at once; transfers under way go on up to the drain timeout, then they are cut and cleaned up after. */
  stop(): Promise<void> {
    this.parts.stopping.abort();
    return (this.stopped ??= this.close());
  }

  private async listen(): Promise<void> {
    const { http, sweepIntervalMs } = this.options;
    await this.parts.app.listen(http).catch((error: unknown) => {
      throw new UsageError(`cannot listen on ${formatAddress(http)}: ${messageOf(error)}`);
    });
    this.sweeper = setInterval(() => void this.sweep(), sweepIntervalMs).unref();
  }

  private async sweep(): Promise<void> {
    try {
      const report = await this.parts.store.sweep();
      if (report.packages + report.uploads > 0) this.logger.info(report, 'swept what was left behind');
    } catch (error) {
      this.logger.error({ error }, 'the sweep failed');
    }
  }

  private async close(): Promise<void> {
    const { app, intake, spool, store } = this.parts;
    clearInterval(this.sweeper);
    this.watcher.stop();
    const closed = app.close();
    this.quiet.close();
    if (!(await endsWithin(closed, this.options.drainTimeoutMs))) app.server.closeAllConnections();
    await closed;
    await intake.settled();
    await spool.close();
    this.onnx.close();
    await store.close();
  }
}

/** @throws UsageError when the store cannot be opened. */
function openStore(
  { store, spoolDirectory }: CompiledRepositoryOptions,
  memory: TransferMemory,
): Promise<ComponentStore> {
  if (store.kind === 'embedded') return EmbeddedStore.open(store.directory, { memory });
  return MongoStore.open(store.uri, { spoolDirectory });
}

async function buildParts(
  options: CompiledRepositoryOptions,
  { logger, version }: RepositoryServerDependencies,
  opened: {
    readonly store: ComponentStore;
    readonly onnx: OnnxInspector;
    readonly tokens: TokenFile<Scope> | undefined;
    readonly metrics: RepositoryMetrics;
    readonly memory: TransferMemory;
  },
): Promise<Parts> {
  const { store, onnx, tokens, metrics, memory } = opened;
  const stopping = new AbortController();
  const spool = await Spool.open(store.spoolDirectory, {
    memory,
    flushEarly: store.keepsSpooledFiles,
  }).catch((error: unknown) => {
    throw new UsageError(`cannot receive uploads: ${messageOf(error)}`);
  });
  const { maxUnpackedBytes, strict } = options;
  const inspector = new PackageInspector(onnx, { ...PACKAGE_LIMITS, maxUnpackedBytes }, strict);
  const intake = new PackageIntake(store, spool, inspector, options);
  metrics.watch(store, () => intake.inFlight);
  const isStopping = () => stopping.signal.aborted;
  const app = await buildApp(
    { store, spool, intake, inspector, metrics, logger, isStopping, version },
    { ...options, tokens },
  ).catch((error: unknown) => {
    throw new UsageError(messageOf(error));
  });
  return { store, spool, intake, app, tokens, stopping };
}
