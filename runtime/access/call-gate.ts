import { type Logger } from '../../contracts/program/logger';
import { InferenceError } from '../errors';
import { SparingLog } from '../observability/sparing-log';
import { type ReadHeader } from '../serving/request-context';
import { type AccessControl } from './access-control';
import { type Caller } from './caller';
import { TokenLease } from './token-lease';

/** Longest client-supplied name that is logged. */
const LONGEST_NAME = 128;

/** Counts a call that is refused for want of a token or a right. */
export type CountDenied = (reason: 'unauthenticated' | 'permission_denied') => void;

/** A call that is refused, as the log names it. */
export interface RefusedCall {
  /** The method's or the route's path. */
  readonly method: string;
  /** `address:port` of the client. */
  readonly peer: string;
  readonly header: ReadHeader;
  readonly caller?: Caller;
}

/** Who calls, for every front door: asked when a call's headers are there, before its body is read. */
export class CallGate {
  private readonly denials: SparingLog;

  /** @param access absent: no token is required */
  constructor(
    private readonly access: AccessControl | undefined,
    private readonly count: CountDenied,
    private readonly log: Logger,
  ) {
    this.denials = new SparingLog((fields) => log.warn(fields, 'call refused'));
  }

  /** Whether calls need a token; those of the health service may be exempt. */
  guards(isHealth: boolean): boolean {
    return this.access !== undefined && (this.access.options.guardHealth || !isHealth);
  }

  /**
   * Who calls; a promise only where a signature has to be verified.
   * @throws InferenceError UNAUTHENTICATED, as a rejection for a promise.
   */
  identify(header: ReadHeader): Caller | undefined | Promise<Caller> {
    return this.access?.authenticate(header('authorization'));
  }

  /**
   * For a call that stays open: calls `end` when its token expires or is withdrawn.
   * @returns what to release when the call ends; `undefined` where open calls outlive their tokens.
   */
  lease(
    header: ReadHeader,
    pipeline: string,
    { expiresMs }: Caller,
    end: (error: InferenceError) => void,
  ): TokenLease | undefined {
    if (this.access === undefined || !this.access.options.endStreams) return undefined;
    const lease = new TokenLease(this.access, header('authorization') ?? '', pipeline, end);
    lease.start(expiresMs);
    return lease;
  }

  /** Counts and logs a call that was refused; errors of the server's own are logged where they were caught. */
  refused(error: unknown, { method, peer, header, caller }: RefusedCall): void {
    if (!(error instanceof InferenceError)) return;
    const { code, message: reason } = error;
    const isDenied = code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED';
    if (isDenied) this.count(code === 'UNAUTHENTICATED' ? 'unauthenticated' : 'permission_denied');
    if (!isDenied && !this.log.isLevelEnabled('debug')) return;
    const named = {
      pipeline: header('x-pipeline')?.slice(0, LONGEST_NAME),
      stream: header('x-request-id')?.slice(0, LONGEST_NAME),
    };
    const fields = { ...named, code, method, peer, caller: caller?.name, reason };
    if (isDenied) this.denials.say(fields);
    else this.log.debug(fields, 'call refused');
  }
}
