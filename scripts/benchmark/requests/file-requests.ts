import { type Inputs } from '../../../runtime/client';
import { FileError } from '../../../runtime/cli/formats/file-error';
import { buildRequests } from '../../../runtime/cli/inference/build-requests';
import { type FileSource } from '../../../contracts/benchmark/data-schema';

/**
 * Requests out of files: tables, nested lists, NumPy arrays, pictures, or whole requests.
 * @throws FileError when a file is not what its name says, or the files make different numbers of requests.
 */
export function fileRequests({ inputs = [], requests, window, rows, columns }: FileSource): Inputs[] {
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
