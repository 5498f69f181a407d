import { messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';
import { signatureOf } from '../serving/source-signature';

/** Something that is read from files, and can be read again. */
export interface ReloadedCredential {
  readonly name: 'tls' | 'tokens' | 'jwks';
  readonly files: readonly string[];
  /** Takes over what the files hold now. @throws Error when it cannot serve; what was before goes on then. */
  reload(): void | Promise<void>;
}

/** Told of each reload. */
export type CountReload = (credential: string, outcome: 'ok' | 'refused') => void;

/** How often the files are looked at. File events are no alternative: mounts of Secrets swap links, and do not send them. */
const POLL_MS = 500;

interface Watched extends ReloadedCredential {
  loaded: string;
  last: string;
}

/** Watches certificates, tokens and keys, and has them read again when they have changed or when it is told to. */
export class CredentialReloader {
  private readonly watched: readonly Watched[];
  private timer: NodeJS.Timeout | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    credentials: readonly ReloadedCredential[],
    private readonly count: CountReload,
    private readonly log: Logger,
  ) {
    this.watched = credentials.map((credential) => {
      const { name, files } = credential;
      const signature = signatureOf(files);
      return { name, files, reload: () => credential.reload(), loaded: signature, last: signature };
    });
  }

  start(): void {
    if (this.watched.length === 0) return;
    this.timer = setInterval(() => void this.enqueue(() => this.look()), POLL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads everything again, changed or not (SIGHUP). */
  reloadNow(): Promise<void> {
    return this.enqueue(async () => {
      for (const watched of this.watched) await this.reload(watched, signatureOf(watched.files));
    });
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(task).catch((error: unknown) => {
      this.log.error({ error }, 'looking for changed credentials failed');
    });
    return this.work;
  }

  private async look(): Promise<void> {
    for (const watched of this.watched) {
      const signature = signatureOf(watched.files);
      // A change is taken once it has come to rest, so that a file half written is not read.
      if (signature !== watched.loaded && signature === watched.last) await this.reload(watched, signature);
      else watched.last = signature;
    }
  }

  private async reload(watched: Watched, signature: string): Promise<void> {
    const { name: credential, files } = watched;
    watched.loaded = watched.last = signature;
    try {
      await watched.reload();
      this.count(credential, 'ok');
      this.log.info({ credential, files }, 'credentials reloaded');
    } catch (error) {
      this.count(credential, 'refused');
      this.log.error(
        { credential, files, reason: messageOf(error) },
        'changed credentials refused; those before go on',
      );
    }
  }
}
