import { InferenceError } from '../errors';
import { requireRight, type Caller } from './caller';

/** Checks the token in the same way as when the stream was opened. */
export interface Authenticator {
  authenticate(authorization: string | undefined): Caller | Promise<Caller>;
  hold(lease: TokenLease): void;
  release(lease: TokenLease): void;
}

/** Longest delay of Node's timers. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** How long an open stream may go on: until its token expires or is withdrawn. */
export class TokenLease {
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  /** @param end called once, with what ends the stream */
  constructor(
    private readonly access: Authenticator,
    private readonly authorization: string,
    private readonly pipeline: string,
    private readonly end: (error: InferenceError) => void,
  ) {}

  start(expiresMs: number | undefined): void {
    this.access.hold(this);
    this.watchExpiry(expiresMs);
  }

  /** The stream has ended. */
  release(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.access.release(this);
  }

  /** Checks the token again; ends the stream when it is no longer valid. */
  async check(): Promise<void> {
    if (this.over) return;
    try {
      const caller = await this.access.authenticate(this.authorization);
      requireRight(caller, this.pipeline);
      if (!this.over) this.watchExpiry(caller.expiresMs);
    } catch (error) {
      if (this.over) return;
      this.release();
      this.end(
        error instanceof InferenceError
          ? error
          : new InferenceError('INTERNAL', 'internal error', { cause: error }),
      );
    }
  }

  private watchExpiry(expiresMs: number | undefined): void {
    clearTimeout(this.timer);
    if (expiresMs === undefined) return;
    const delayMs = Math.min(Math.max(expiresMs - Date.now(), 0) + 1, LONGEST_DELAY_MS);
    this.timer = setTimeout(() => void this.check(), delayMs);
    this.timer.unref();
  }
}
