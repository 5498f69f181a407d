import { type DType } from '../../tensor/dtype';
import { FileError } from './file-error';

const KINDS = 'numbers, or all true and false, or all text';

/**
 * The dtype of values in nested lists that name none: int32 for whole numbers (int64 or uint64 beyond its range), float32 for
 * other numbers, bool, string.
 * @throws FileError when they are mixed or of no such kind.
 */
export function inferDType(place: string, nested: unknown): DType {
  const kinds = new Set<DType>();
  visit(nested);
  if (kinds.size === 0) return 'float32';
  if (kinds.has('string') || kinds.has('bool')) {
    if (kinds.size > 1) throw new FileError(place, `its values must be all ${KINDS}; they are mixed`);
    return kinds.has('bool') ? 'bool' : 'string';
  }
  return (['float32', 'uint64', 'int64'] as const).find((kind) => kinds.has(kind)) ?? 'int32';

  function visit(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'number' || typeof value === 'bigint') kinds.add(dtypeOfNumber(value));
    else if (typeof value === 'string' || value instanceof Uint8Array) kinds.add('string');
    else if (typeof value === 'boolean') kinds.add('bool');
    else throw new FileError(place, `its values must be all ${KINDS}; got ${JSON.stringify(value)}`);
  }
}

/** int32, int64, uint64 or float32. */
export function dtypeOfNumber(value: number | bigint): 'int32' | 'int64' | 'uint64' | 'float32' {
  if (typeof value === 'bigint') {
    if (value === BigInt.asIntN(64, value)) return 'int64';
    return value === BigInt.asUintN(64, value) ? 'uint64' : 'float32';
  }
  if (!Number.isSafeInteger(value)) return 'float32';
  return value === (value | 0) ? 'int32' : 'int64';
}
