import { RepositoryError } from '../errors';
import { describeKey, type ComponentKey } from '../../contracts/repository/component-key';

/** What every store says in the same words. */
export function alreadyExists(key: ComponentKey): RepositoryError {
  return new RepositoryError('ALREADY_EXISTS', `${describeKey(key)} is already in the repository`);
}

export function unknownComponent(key: ComponentKey): RepositoryError {
  return new RepositoryError('COMPONENT_UNKNOWN', `${describeKey(key)} is not in the repository`);
}

export function noPackage(key: ComponentKey): RepositoryError {
  return new RepositoryError('PACKAGE_ABSENT', `${describeKey(key)} has metadata but no package yet`);
}

export function versionImmutable(key: ComponentKey): RepositoryError {
  return new RepositoryError(
    'VERSION_IMMUTABLE',
    `${describeKey(key)} has a package, and this repository does not replace packages: publish a new version`,
  );
}

export function signatureMismatch(key: ComponentKey, signed: string, stored: string): RepositoryError {
  return new RepositoryError(
    'SIGNATURE_MISMATCH',
    `the signature is for sha256 ${signed}, but ${describeKey(key)} has the package ${stored}`,
  );
}
