import { type Metadata } from '@grpc/grpc-js';
import { type ReadHeader } from '../../serving/request-context';

/** Reads the metadata of a call like the headers of other transports: the first value of a key. */
export function readHeader(metadata: Metadata): ReadHeader {
  return (name) => {
    const values = metadata.get(name);
    return values.length === 0 ? undefined : String(values[0]);
  };
}
