import { type Metadata } from '@grpc/grpc-js';
import { InferenceError } from '../../errors';
import { PRIORITIES } from '../../scheduling/priority';
import { header } from '../calls/header';
import { type StreamOptions } from './inference-stream';
import { quoteName } from '../tensors/quote-name';

const ERROR_MODES = ['in-band', 'status'] as const;

/**
 * What a stream's metadata asks for: `x-error-mode` (default `in-band`), `x-priority` (default `normal`).
 * @throws InferenceError MALFORMED_MESSAGE naming what is allowed.
 */
export function streamOptions(metadata: Metadata): StreamOptions {
  return {
    errorMode: oneOf(metadata, 'x-error-mode', ERROR_MODES) ?? 'in-band',
    priority: oneOf(metadata, 'x-priority', PRIORITIES) ?? 'normal',
  };
}

function oneOf<T extends string>(metadata: Metadata, name: string, allowed: readonly T[]): T | undefined {
  const value = header(metadata, name);
  if (value === undefined || (allowed as readonly string[]).includes(value)) return value as T | undefined;
  const names = allowed.map((text) => `'${text}'`).join(' or ');
  throw new InferenceError('MALFORMED_MESSAGE', `${name} must be ${names}, got ${quoteName(value)}`);
}
