import { RepositoryError } from '../errors';

/** The error of a package that is not taken. */
export function refusal(reason: string): RepositoryError {
  return new RepositoryError('PACKAGE_REFUSED', `the package ${reason}`);
}

/** @throws PACKAGE_REFUSED */
export function refuse(reason: string): never {
  throw refusal(reason);
}
