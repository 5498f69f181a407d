import { join } from 'node:path';
import { type DataSource, type FileSource } from '../../../../contracts/benchmark/data-schema';
import { FileError } from '../../../../runtime/cli/formats/file-error';
import { readTensor } from '../../../../runtime/cli/formats/read-tensor';
import { buildRequests } from '../../../../runtime/cli/inference/build-requests';
import { splitTensor } from '../../../../runtime/cli/inference/split-tensor';
import { type Inputs } from '../../../../runtime/client';
import { type Tensor } from '../../../../runtime/tensor/tensor';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { paintPanel } from '../../../pictures/painted-panel';
import { type RequestSet, encodeRequests } from './request-set';

/**
 * Reads and encodes the data of a profile.
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

const WINDOW = 9;
const AXES = 3;
/** More windows would exceed the CPU's caches and not change the load. */
const MOST_WINDOWS = 8192;

/** The recording that comes with the package. */
export function packagedRecording(): string {
  return join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection/recording.csv');
}

/**
 * A request for each window of nine observations of a recording, one observation apart: `array` [9, 3].
 * @throws FileError when the file is no such recording.
 */
function fallDetectionRequests(recording: string | undefined, dtype: 'int16' | 'int32'): Inputs[] {
  const file = recording ?? packagedRecording();
  if (!/\.[ct]sv$/i.test(file))
    throw new FileError(
      file,
      'cannot be read: its name must end in .csv or .tsv, as it is a table of observations',
    );
  const tensor = readTensor(file, { dtype });
  const windows = (): { count: number; at: (index: number) => Tensor } => {
    try {
      return splitTensor(tensor, { length: WINDOW, width: AXES, stride: 1 });
    } catch (error) {
      if (error instanceof RangeError) throw new FileError(file, error.message);
      throw error;
    }
  };
  const { count, at } = windows();
  return Array.from({ length: Math.min(count, MOST_WINDOWS) }, (_, index) => ({ array: at(index) }));
}

const PICTURES = 4;
const CHANNELS = 3;

/** Painted panels in batches: `array` uint8 [batch, height, width, 3]. One request for each different batch. */
function scratchDetectionRequests(batch: number, width: number, height: number): Inputs[] {
  const panels = Array.from({ length: PICTURES }, (_, index) =>
    paintPanel({ seed: index + 1, scratches: (index + 1) % PICTURES, width, height }),
  );
  const requests = Math.max(1, Math.floor(PICTURES / batch));
  return Array.from({ length: requests }, (_, request) => {
    const data = new Uint8Array(batch * height * width * CHANNELS);
    for (let index = 0; index < batch; index++) {
      const { pixels } = panels[(request * batch + index) % PICTURES];
      data.set(pixels, index * pixels.length);
    }
    return { array: { dtype: 'uint8', shape: [batch, height, width, CHANNELS], data } };
  });
}

/**
 * Requests out of files: tables, nested lists, NumPy arrays, pictures, or whole requests.
 * @throws FileError when a file is not what its name says, or the files make different numbers of requests.
 */
function fileRequests({ inputs = [], requests, window, rows, columns }: FileSource): Inputs[] {
  if (requests !== undefined) return buildRequests({ requestsFile: requests, inputs: [] });
  const split = rows === undefined ? window : { rows };
  const lists = inputs.filter(({ file }) => Array.isArray(file));
  const counts = new Set(lists.map(({ file }) => file.length));
  if (counts.size > 1) {
    const found = lists.map(({ name, file }) => `${name} ${file.length}`).join(', ');
    throw new FileError('data.inputs', `the lists of files must be of the same length, got ${found}`);
  }
  const [count = 1] = counts;
  return Array.from({ length: count }, (_, index) =>
    buildRequests({
      inputs: inputs.map((input) => ({
        ...input,
        file: Array.isArray(input.file) ? input.file[index] : input.file,
      })),
      split,
      columns: columns?.map(String),
    }),
  ).flat();
}
