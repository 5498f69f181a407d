import { join } from 'node:path';
import { findPackageRoot } from '../../contracts/program/package-root';

export interface ServeCommandOptions {
  readonly grpc?: number;
  readonly http?: number;
  /** Further documents. */
  readonly more?: readonly string[];
  /** Further options. */
  readonly options?: readonly string[];
}

/** How the server is called, on free ports of this machine unless they are given. */
export function serveCommand(
  document: string,
  { grpc = 0, http = 0, more = [], options = [] }: ServeCommandOptions = {},
): string[] {
  const program = join(findPackageRoot(__dirname), 'lib/runtime/main.js');
  return [
    program,
    'serve',
    document,
    ...more,
    '--grpc',
    `127.0.0.1:${grpc}`,
    '--http',
    `127.0.0.1:${http}`,
    '--log-level',
    'info',
    ...options,
  ];
}
