import { readFileSync } from 'node:fs';
import { type Inputs } from '../../client';
import { toInputTensor } from '../../client/input-tensor';
import { castTensor } from '../../tensor/cast';
import { isNumberDType } from '../../tensor/number-dtype';
import { type Tensor } from '../../tensor/tensor';
import { FileError } from '../formats/file-error';
import { readRequests } from '../formats/json';
import { readTensor } from '../formats/read-tensor';
import { type InputSpec } from './input-spec';
import { splitTensor, type Split, type TensorParts } from './split-tensor';

/** A string input and its text. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Where the requests come from. */
export interface RequestSource {
  /** A file of whole requests in JSON; `-` is standard input. */
  readonly requestsFile?: string;
  readonly inputs: readonly InputSpec[];
  readonly texts?: readonly NamedText[];
  /** Default: each file is the input of one request. */
  readonly split?: Split;
  readonly columns?: readonly string[];
  /** Numbers of any dtype are sent as float32, as the Basic service wants them. */
  readonly asFloat32?: boolean;
}

/**
 * The requests, read and checked before the first is sent. Inputs that are split have as many parts each; with whole ones
 * beside them, these go with every request.
 * @throws FileError
 */
export function buildRequests(source: RequestSource): Inputs[] {
  const requests = readSource(source);
  return source.asFloat32 ? requests.map(inFloat32) : requests;
}

function inFloat32(inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const tensor = toInputTensor(name, input);
      return [name, isNumberDType(tensor.dtype) ? castTensor(tensor, 'float32') : tensor];
    }),
  );
}

function readSource({ requestsFile, inputs, texts = [], split, columns }: RequestSource): Inputs[] {
  if (requestsFile !== undefined) {
    const name = requestsFile === '-' ? 'standard input' : requestsFile;
    return readRequests(name, readText(name, requestsFile === '-' ? 0 : requestsFile));
  }
  const read = inputs.map(({ name, file, dtype, shape }) => {
    const tensor = readTensor(file, { dtype, shape, columns });
    return { name, file, ...splitFile(file, tensor, split) };
  });
  const counts = new Set(read.filter(({ count }) => count > 1).map(({ count }) => count));
  if (counts.size > 1) {
    const found = read.map(({ name, count }) => `${name} ${count}`).join(', ');
    throw new FileError(
      inputs.map(({ file }) => file).join(', '),
      `make different numbers of requests: ${found}`,
    );
  }
  const [requests = 1] = counts;
  const same: Inputs = Object.fromEntries(
    texts.map(({ name, text }) => [name, { dtype: 'string', shape: [1], data: [Buffer.from(text)] }]),
  );
  return Array.from({ length: requests }, (_, index) => ({
    ...Object.fromEntries(read.map(({ name, count, at }) => [name, at(count === 1 ? 0 : index)])),
    ...same,
  }));
}

function splitFile(file: string, tensor: Tensor, split: Split | undefined): TensorParts {
  if (split === undefined) return { count: 1, at: () => tensor };
  try {
    return splitTensor(tensor, split);
  } catch (error) {
    if (error instanceof RangeError) throw new FileError(file, error.message);
    throw error;
  }
}

function readText(name: string, file: string | number): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FileError(name, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
