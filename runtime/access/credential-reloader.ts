import { type Logger } from '../../contracts/program/logger';
import { messageOf } from '../../contracts/program/problem';
import { FileWatcher } from '../../contracts/program/watched-files';

/** Something that is read from files, and can be read again. */
export interface ReloadedCredential {
  readonly name: 'tls' | 'tokens' | 'jwks';
  readonly files: readonly string[];
  /** Takes over what the files hold now. @throws Error when it cannot serve; the previous one goes on then. */
  reload(): void | Promise<void>;
}

/** Called after each reload. */
export type CountReload = (credential: string, outcome: 'ok' | 'refused') => void;

/** Watches certificates, tokens and keys, and has them read again when they have changed or at SIGHUP. */
export class CredentialReloader {
  private readonly watcher: FileWatcher;

  constructor(
    private readonly credentials: readonly ReloadedCredential[],
    private readonly count: CountReload,
    private readonly log: Logger,
  ) {
    this.watcher = new FileWatcher((error) => log.error({ error }, 'looking for changed credentials failed'));
  }

  start(): void {
    for (const credential of this.credentials) {
      this.watcher.watch({ files: credential.files, reload: () => this.reload(credential) });
    }
  }

  stop(): void {
    this.watcher.stop();
  }

  /** Reads everything again, changed or not (SIGHUP). */
  reloadNow(): Promise<void> {
    return this.watcher.reloadNow();
  }

  private async reload(reloaded: ReloadedCredential): Promise<void> {
    const { name: credential, files } = reloaded;
    try {
      await reloaded.reload();
      this.count(credential, 'ok');
      this.log.info({ credential, files }, 'credentials reloaded');
    } catch (error) {
      this.count(credential, 'refused');
      this.log.error(
        { credential, files, reason: messageOf(error) },
        'changed credentials refused; the previous ones stay in use',
      );
    }
  }
}
