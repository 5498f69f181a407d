import { DTYPES } from '../../../contracts/values/dtype';
import { type DType } from '../../tensor/dtype';
import { READABLE } from '../formats/readable-files';
import { UsageError } from '../../../contracts/program/usage-error';

/** What `--input` says: which input, from which file, as what. */
export interface InputSpec {
  readonly name: string;
  readonly file: string;
  readonly dtype?: DType;
  readonly shape?: readonly number[];
}

const ALLOWED = 'name=file[:dtype][:shape], e.g. array=window.csv:int16:9x3';

/**
 * Reads `name=file[:dtype][:shape]`, e.g. `array=window.csv:int16:9x3`.
 * @throws UsageError with what is allowed.
 */
export function parseInputSpec(text: string): InputSpec {
  const match = /^([^=]+)=(.+?\.(?:csv|tsv|json|npy|png|jpe?g))((?::[^:/]*)*)$/i.exec(text);
  if (match === null) {
    throw new UsageError(`'--input' must be ${ALLOWED}, with a file that ends in ${READABLE}; got '${text}'`);
  }
  const [, name, file, suffix] = match;
  const [first, second, ...others] = suffix.split(':').slice(1);
  const [dtype, shape] = first !== undefined && isShape(first) ? [undefined, first] : [first, second];
  if (
    others.length > 0 ||
    (dtype === undefined && second !== undefined) ||
    (shape !== undefined && !isShape(shape))
  ) {
    throw new UsageError(`'--input' must be ${ALLOWED}; got '${text}'`);
  }
  if (dtype !== undefined && !isDType(dtype)) {
    throw new UsageError(`'--input' ${name}: dtype must be one of ${DTYPES.join(', ')}, got '${dtype}'`);
  }
  return {
    name,
    file,
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape: parseShape(shape) }),
  };
}

function isDType(text: string): text is DType {
  return (DTYPES as readonly string[]).includes(text);
}

function isShape(text: string): boolean {
  return /^\d+(x\d+)*$/.test(text);
}

/** `9x3` → [9, 3]. */
function parseShape(text: string): number[] {
  return text.split('x').map(Number);
}
