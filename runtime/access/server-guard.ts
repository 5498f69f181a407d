import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { type AccessMetrics } from '../observability/access-metrics';
import { type Logger } from '../../contracts/program/logger';
import { AccessControl } from './access-control';
import { CertificateFiles, type Certificates } from './certificate-files';
import { CredentialReloader } from './credential-reloader';

type GuardOptions = Pick<CompiledRuntimeOptions, 'tls' | 'access'>;

/** A server's certificates and tokens, and what keeps them up to date. */
export class ServerGuard {
  readonly certificates: CertificateFiles | undefined;
  private reloader: CredentialReloader | undefined;

  /** @throws ConfigurationError when the certificates cannot serve. */
  constructor(
    private readonly options: GuardOptions,
    private readonly metrics: AccessMetrics,
    private readonly log: Logger,
  ) {
    const { tls } = options;
    if (tls === undefined) return;
    this.certificates = new CertificateFiles(tls);
    this.certificates.follow((next) => this.tell(next));
    this.tell(this.certificates.current);
  }

  /**
   * Reads the tokens, and watches everything from now on. `undefined`: no token is asked for.
   * @throws ConfigurationError when they cannot be read.
   */
  async open(): Promise<AccessControl | undefined> {
    const { access: asked, tls } = this.options;
    const access = asked && (await AccessControl.open(asked));
    if (access !== undefined && tls === undefined) {
      this.log.warn('tokens come in the clear: without --tls-cert whoever sees the network has them');
    }
    const credentials = [...(this.certificates ? [this.certificates] : []), ...(access?.reloaded ?? [])];
    this.reloader = new CredentialReloader(
      credentials,
      (credential, outcome) => this.metrics.credentialReloads.inc({ credential, outcome }),
      this.log,
    );
    this.reloader.start();
    return access;
  }

  async reloadNow(): Promise<void> {
    await this.reloader?.reloadNow();
  }

  stop(): void {
    this.reloader?.stop();
  }

  private tell({ expiresMs }: Certificates): void {
    this.metrics.certificateExpiry.set({ certificate: 'server' }, Math.floor(expiresMs / 1000));
    const expires = new Date(expiresMs).toISOString();
    if (expiresMs <= Date.now()) this.log.warn({ expires }, 'the certificate has expired');
  }
}
