import { messageOf } from '../../../contracts/program/problem';
import { RepositoryError } from '../../errors';

interface DriverError {
  readonly name?: unknown;
  readonly code?: unknown;
}

const DUPLICATE_KEY = 11_000;
const NAMESPACE_EXISTS = 48;
const OUT_OF_DISK_SPACE = 14_031;
/** What the driver now and then lets through as the system said it. */
const CONNECTION_ERRORS = new Set<unknown>([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** Whether a unique index refused a document. */
export function isDuplicate(error: unknown): boolean {
  return (error as DriverError | null)?.code === DUPLICATE_KEY;
}

/** Whether a collection was there already. */
export function isAlreadyThere(error: unknown): boolean {
  return (error as DriverError | null)?.code === NAMESPACE_EXISTS;
}

/** What the driver says, in the words of the service; everything else as it is. */
export function translateMongoError(error: unknown): unknown {
  const { name, code } = (error ?? {}) as DriverError;
  if (error instanceof RepositoryError) return error;
  const ofDriver = typeof name === 'string' && name.startsWith('Mongo');
  if (!ofDriver && !CONNECTION_ERRORS.has(code)) return error;
  if (code === OUT_OF_DISK_SPACE || /no space left|out of disk/i.test(messageOf(error))) {
    return new RepositoryError('STORE_FULL', 'the database has no space left', { cause: error });
  }
  const reason =
    name === 'MongoServerError' ? 'the database could not do it' : 'the database cannot be reached';
  return new RepositoryError('STORE_UNAVAILABLE', `${reason}: try again later`, { cause: error });
}
