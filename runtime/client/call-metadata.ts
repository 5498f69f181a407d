import { Metadata } from '@grpc/grpc-js';
import { messageOf } from '../../contracts/program/problem';
import { CallError } from './errors';
import { type CompiledClientOptions } from './client-options';

type MetadataOptions = Pick<CompiledClientOptions, 'metadata' | 'pipeline' | 'errorMode' | 'token'>;

/** Metadata of the calls of one stream: the same for each call, except for a token function, which is called each time. */
export class CallMetadata {
  private token: string | undefined;

  constructor(
    private readonly options: MetadataOptions,
    /** Whether the server is asked for step timings. */
    private readonly timings = false,
  ) {}

  /** For the next call. @throws CallError UNAUTHENTICATED when the token function fails. */
  next(): Metadata {
    const { metadata, pipeline, errorMode } = this.options;
    const result = new Metadata();
    for (const [key, value] of Object.entries(metadata)) result.set(key, value);
    if (pipeline !== undefined) result.set('x-pipeline', pipeline);
    if (errorMode === 'status') result.set('x-error-mode', 'status');
    if (this.timings) result.set('x-timings', 'trailers');
    this.token = this.askToken();
    if (this.token !== undefined) result.set('authorization', `Bearer ${this.token}`);
    return result;
  }

  /** Whether the token function returns another token than for the previous call. */
  hasNewToken(): boolean {
    try {
      return typeof this.options.token === 'function' && this.askToken() !== this.token;
    } catch {
      return false;
    }
  }

  private askToken(): string | undefined {
    const { token } = this.options;
    if (typeof token !== 'function') return token;
    let given: unknown;
    try {
      given = token();
    } catch (cause) {
      throw new CallError('UNAUTHENTICATED', `no token: ${messageOf(cause)}`, { cause });
    }
    // grpc-js would refuse the rest with the token in its message.
    if (typeof given === 'string' && /^[\x21-\x7e]+$/.test(given)) return given;
    throw new CallError(
      'UNAUTHENTICATED',
      "no token: 'token' must return a text without spaces or line breaks",
    );
  }
}
