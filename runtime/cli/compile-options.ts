import { compileRuntimeOptions, type CompiledRuntimeOptions } from '../config/runtime-options';
import { ConfigurationError } from '../../contracts/program/problem';
import { readTelemetryEnvironment } from './observability-options';
import { requirePaths } from '../../contracts/program/run-program';
import { UsageError } from '../../contracts/program/usage-error';

/**
 * The options of a command that takes pipelines, as they were written there and in the environment.
 * @throws UsageError for a value that is none, and for a path where nothing is
 */
export function compileOptions(
  paths: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
): CompiledRuntimeOptions {
  const options = compile(paths, {
    ...given,
    repository: given.repository ?? process.env.REPOSITORY_ADDRESS,
  });
  // With a repository the directory may be empty yet, or made when something is fetched.
  requirePaths([...options.paths, ...(options.repository === undefined ? options.components : [])]);
  requirePaths(credentialFiles(options));
  return options;
}

/** Files of certificates, tokens and keys: one that is missing is a wrong call, one that cannot serve a failure. */
function credentialFiles({ tls, access }: CompiledRuntimeOptions): string[] {
  return [
    tls?.certificateFile,
    tls?.keyFile,
    tls?.clientAuthorityFile,
    access?.tokenFile,
    access?.jwt?.keyFile,
  ].filter((file) => file !== undefined);
}

function compile(
  paths: readonly string[],
  given: Record<string, string | undefined>,
): CompiledRuntimeOptions {
  try {
    const telemetry = readTelemetryEnvironment(given, process.env);
    return compileRuntimeOptions({ ...given, ...telemetry, paths });
  } catch (error) {
    throw error instanceof ConfigurationError ? new UsageError(error.message) : error;
  }
}
