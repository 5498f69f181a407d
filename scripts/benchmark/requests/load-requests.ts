import { type Inputs } from '../../../runtime/client';
import { type DataSource } from '../../../contracts/benchmark/data-schema';
import { fallDetectionRequests } from './fall-detection-requests';
import { fileRequests } from './file-requests';
import { encodeRequests, type RequestSet } from './request-set';
import { scratchDetectionRequests } from './scratch-detection-requests';

/**
 * What a profile's `data` says, read and encoded.
 * @throws FileError, InputError
 */
export function loadRequests(service: 'extended' | 'basic', data: DataSource): RequestSet {
  return encodeRequests(service, readInputs(data));
}

function readInputs(data: DataSource): Inputs[] {
  switch (data.use) {
    case 'fall-detection':
      return fallDetectionRequests(data.recording, data.dtype);
    case 'scratch-detection':
      return scratchDetectionRequests(data.batch, data.width, data.height);
    case 'files':
      return fileRequests(data);
  }
}
