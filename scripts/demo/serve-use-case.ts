import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../../contracts/program/package-root';
import { ServerProcess } from '../server-process';
import { type DemoOptions } from './demo-options';

/** Starts `mis serve` for a use case's documents, on free ports. */
export function serveUseCase(
  name: string,
  { repository, components }: DemoOptions,
  files: readonly string[] = ['pipeline.yaml'],
): Promise<ServerProcess> {
  const root = findPackageRoot(__dirname);
  let documents = files.map((file) => join(root, 'stacks/pipelines', name, file));
  const args = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  if (components !== undefined) args.push('--components', components);
  if (repository !== undefined) args.push('--repository', repository);
  if (repository !== undefined || components !== undefined) {
    // In a folder of their own the documents have no components beside them.
    const alone = mkdtempSync(join(tmpdir(), 'mis-demo-'));
    documents = documents.map((document, i) => {
      copyFileSync(document, join(alone, files[i]));
      return join(alone, files[i]);
    });
  }
  return ServerProcess.start([join(root, 'lib/runtime/main.js'), 'serve', ...documents, ...args]);
}
