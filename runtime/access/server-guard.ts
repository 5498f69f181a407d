import { type CompiledRuntimeOptions } from '../config/runtime-options';
import { type AccessMetrics } from '../observability/access-metrics';
import { type Logger } from '../../contracts/program/logger';
import { AccessControl } from './access-control';
import { CertificateFiles, type Certificates } from './certificate-files';
import { CredentialReloader } from './credential-reloader';

type GuardOptions = Pick<CompiledRuntimeOptions, 'tls' | 'access'>;

/** A server's certificates and tokens, and what keeps them up to date. */
export class ServerGuard {
  private constructor(
    readonly certificates: CertificateFiles | undefined,
    /** `undefined`: no token is required. */
    readonly access: AccessControl | undefined,
    private readonly reloader: CredentialReloader,
  ) {}

  /**
   * Reads certificates and tokens, and watches their files from then on.
   * @throws ConfigurationError when they cannot be read or cannot serve.
   */
  static async open(
    { tls, access: asked }: GuardOptions,
    metrics: AccessMetrics,
    log: Logger,
  ): Promise<ServerGuard> {
    const certificates = tls && new CertificateFiles(tls);
    if (certificates !== undefined) {
      const tell = (next: Certificates): void => tellExpiry(next, metrics, log);
      certificates.follow(tell);
      tell(certificates.current);
    }
    const access = asked && (await AccessControl.open(asked));
    if (access !== undefined && tls === undefined) {
      log.warn('tokens are sent in clear text: without --tls-cert anybody on the network can read them');
    }
    const reloader = new CredentialReloader(
      [...(certificates ? [certificates] : []), ...(access?.reloaded ?? [])],
      (credential, outcome) => metrics.credentialReloads.inc({ credential, outcome }),
      log,
    );
    reloader.start();
    return new ServerGuard(certificates, access, reloader);
  }

  /** Reads everything again, changed or not. */
  reloadNow(): Promise<void> {
    return this.reloader.reloadNow();
  }

  stop(): void {
    this.reloader.stop();
  }
}

function tellExpiry({ expiresMs }: Certificates, metrics: AccessMetrics, log: Logger): void {
  metrics.certificateExpiry.set({ certificate: 'server' }, Math.floor(expiresMs / 1000));
  const expires = new Date(expiresMs).toISOString();
  if (expiresMs <= Date.now()) log.warn({ expires }, 'the certificate has expired');
}
