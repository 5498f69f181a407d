import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';

/** Execution providers that this build of ONNX Runtime knows and whose libraries are installed. */
export function availableProviders(): string[] {
  const binding = join(
    dirname(require.resolve('onnxruntime-node/package.json')),
    'bin/napi-v6',
    process.platform,
    process.arch,
  );
  return listSupportedBackends()
    .filter(
      ({ name, bundled }) => bundled || existsSync(join(binding, `libonnxruntime_providers_${name}.so`)),
    )
    .map(({ name }) => name);
}
