import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type AccessControl } from '../access/access-control';
import { type Caller } from '../access/caller';
import { InferenceError } from '../errors';
import { type Logger } from '../observability/logger';
import { SparingLog } from '../observability/sparing-log';
import { header } from './header';
import { refuseCall } from './refuse-call';

/** Health is asked by whoever looks after the server, and tells nothing but whether it is well. */
const HEALTH = '/grpc.health.v1.Health/';

/** Told of each call that is refused. */
export type CountDenied = (reason: 'unauthenticated' | 'permission_denied') => void;

/** Asks each call for its token when its headers are there, before anything of its messages is read. */
export class CallGate {
  /** Set before the server listens; without it everybody may call. */
  access: AccessControl | undefined;
  private readonly denials: SparingLog;

  constructor(
    log: Logger,
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
        caller.then(enter, (error: unknown) => this.refuse(call, path, error));
      } else enter(caller);
    } catch (error) {
      this.refuse(call, path, error);
    }
  }

  /** Ends a call with `error`, whoever has found it. */
  refuse(call: ServerInterceptingCallInterface, path: string, error: unknown, caller?: Caller): void {
    refuseCall(call, error);
    const code = error instanceof InferenceError ? error.code : 'INTERNAL';
    if (code !== 'UNAUTHENTICATED' && code !== 'PERMISSION_DENIED') return;
    this.count(code === 'UNAUTHENTICATED' ? 'unauthenticated' : 'permission_denied');
    this.denials.say({
      code,
      method: path,
      peer: call.getPeer(),
      caller: caller?.name,
      reason: (error as InferenceError).message,
    });
  }
}
