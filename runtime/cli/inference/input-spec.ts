import { didYouMean } from '../../../contracts/names/nearest-name';
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
const KNOWN_FILE = new RegExp(
  `^(.+?(?:${READABLE.split(', ').join('|').replaceAll('.', '\\.')}))((?::[^:/]*)*)$`,
  'i',
);

/**
 * Reads `name=file[:dtype][:shape]`, e.g. `array=window.csv:int16:9x3`, `text=notes:string`, `bytes=-:string`.
 * @throws UsageError with what is allowed.
 */
export function parseInputSpec(text: string): InputSpec {
  const [, name, rest] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`'--input' must be ${ALLOWED}; got '${text}'`);
  const [, file, suffix] = KNOWN_FILE.exec(rest) ?? [];
  const spec = file === undefined ? parseOtherFile(name, rest) : parseSuffix(text, name, file, suffix);
  return { name, ...spec };
}

function parseSuffix(text: string, name: string, file: string, suffix: string): Omit<InputSpec, 'name'> {
  const [first, second, ...others] = suffix.split(':').slice(1);
  const [dtype, shape] = first !== undefined && isShape(first) ? [undefined, first] : [first, second];
  if (
    others.length > 0 ||
    (dtype === undefined && second !== undefined) ||
    (shape !== undefined && !isShape(shape))
  ) {
    throw new UsageError(`'--input' must be ${ALLOWED}; got '${text}'`);
  }
  if (dtype !== undefined && !isDType(dtype)) throw noDType(name, dtype);
  return {
    file,
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape: parseShape(shape) }),
  };
}

/** A file whose name says nothing of what is in it: its dtype comes last, or before its shape. */
function parseOtherFile(name: string, rest: string): Omit<InputSpec, 'name'> {
  const parts = rest.split(':');
  const [dtype = '', shape = ''] = parts.slice(-2);
  if (parts.length > 2 && isDType(dtype) && isShape(shape)) {
    return { file: parts.slice(0, -2).join(':'), dtype, shape: parseShape(shape) };
  }
  const last = parts.at(-1) ?? '';
  if (parts.length > 1 && isDType(last)) return { file: parts.slice(0, -1).join(':'), dtype: last };
  if (parts.length > 1 && /^[a-z]\w*$/i.test(last)) throw noDType(name, last);
  throw new UsageError(
    `'--input' ${name}: say what the bytes of '${rest}' are, e.g. ${name}=${rest}:string; without a dtype a file ends in ${READABLE}`,
  );
}

function noDType(name: string, text: string): UsageError {
  return new UsageError(
    `'--input' ${name}: dtype must be one of ${DTYPES.join(', ')}, got '${text}'${didYouMean(text, DTYPES)}`,
  );
}

function isDType(text: string): text is DType {
  return (DTYPES as readonly string[]).includes(text);
}

function isShape(text: string): boolean {
  return text === 'scalar' || /^\d+(x\d+)*$/.test(text);
}

/** `9x3` → [9, 3], `scalar` → []. */
function parseShape(text: string): number[] {
  return text === 'scalar' ? [] : text.split('x').map(Number);
}
