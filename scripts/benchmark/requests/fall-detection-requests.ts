import { join } from 'node:path';
import { type Inputs } from '../../../runtime/client';
import { FileError } from '../../../runtime/cli/formats/file-error';
import { readTensor } from '../../../runtime/cli/formats/read-tensor';
import { splitTensor } from '../../../runtime/cli/inference/split-tensor';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { findPackageRoot } from '../../../contracts/program/package-root';

const WINDOW = 9;
const AXES = 3;
/** More windows than this make frames that no cache holds, and are no other load. */
const MOST_WINDOWS = 8192;

/** The recording that comes with the package. */
export function packagedRecording(): string {
  return join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection/recording.csv');
}

/**
 * A request for each window of nine observations of a recording, one observation apart: `array` [9, 3].
 * @throws FileError when the file is no such recording.
 */
export function fallDetectionRequests(recording: string | undefined, dtype: 'int16' | 'int32'): Inputs[] {
  const file = recording ?? packagedRecording();
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
