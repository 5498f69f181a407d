import { type Metadata } from '@grpc/grpc-js';

/** The first value of a key, as text. */
export function header(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key);
  return values.length === 0 ? undefined : String(values[0]);
}
