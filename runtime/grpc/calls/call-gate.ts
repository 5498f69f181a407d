import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type AccessControl } from '../../access/access-control';
import { type Caller } from '../../access/caller';
import { InferenceError } from '../../errors';
import { type Logger } from '../../../contracts/program/logger';
import { SparingLog } from '../../observability/sparing-log';
import { header } from './header';
import { refuseCall } from './refuse-call';

/** Health is asked by whoever looks after the server, and tells nothing but whether it is well. */
const HEALTH = '/grpc.health.v1.Health/';

/** Of what a client that was refused calls itself, what goes into a log. */
const LONGEST_NAME = 128;

/** Told of each call that is refused for want of a token or a right. */
export type CountDenied = (reason: 'unauthenticated' | 'permission_denied') => void;

/** Asks each call for its token when its headers are there, before anything of its messages is read. */
export class CallGate {
  /** Set before the server listens; without it everybody may call. */
  access: AccessControl | undefined;
  private readonly denials: SparingLog;

  constructor(
    private readonly log: Logger,
    private readonly count: CountDenied,
  ) {
    this.denials = new SparingLog((fields) => log.warn(fields, 'call refused'));
  }

  /** Whether calls of the method need a token. */
  guards(path: string): boolean {
    return this.access !== undefined && (this.access.options.guardHealth || !path.startsWith(HEALTH));
  }

  /**
   * Calls `enter` with whom the call is from; refuses it otherwise. What is called later than at once is `enter` only: the
   * caller sees to it that the call has not been given up meanwhile.
   */
  admit(
    call: ServerInterceptingCallInterface,
    path: string,
    metadata: Metadata,
    enter: (caller: Caller | undefined) => void,
  ): void {
    if (this.access === undefined || !this.guards(path)) {
      enter(undefined);
      return;
    }
    try {
      const caller = this.access.authenticate(header(metadata, 'authorization'));
      if (caller instanceof Promise) {
        caller.then(enter, (error: unknown) => this.refuse(call, path, metadata, error));
      } else enter(caller);
    } catch (error) {
      this.refuse(call, path, metadata, error);
    }
  }

  /** Ends a call with `error`, whoever has found it. */
  refuse(
    call: ServerInterceptingCallInterface,
    path: string,
    metadata: Metadata,
    error: unknown,
    caller?: Caller,
  ): void {
    refuseCall(call, error);
    // What nobody foresaw is logged by whoever met it.
    if (!(error instanceof InferenceError)) return;
    const { code, message: reason } = error;
    const isDenied = code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED';
    if (isDenied) this.count(code === 'UNAUTHENTICATED' ? 'unauthenticated' : 'permission_denied');
    if (!isDenied && !this.log.isLevelEnabled('debug')) return;
    const named = {
      pipeline: header(metadata, 'x-pipeline')?.slice(0, LONGEST_NAME),
      stream: header(metadata, 'x-request-id')?.slice(0, LONGEST_NAME),
    };
    const fields = { ...named, code, method: path, peer: call.getPeer(), caller: caller?.name, reason };
    if (isDenied) this.denials.say(fields);
    else this.log.debug(fields, 'call refused');
  }
}
