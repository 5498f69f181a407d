import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../package-root';
import { ServerProcess } from '../server-process';
import { type DemoOptions } from './demo-options';

/** Starts `mis serve` for a use case's document, on free ports. */
export function serveUseCase(name: string, { repository, components }: DemoOptions): Promise<ServerProcess> {
  const root = findPackageRoot(__dirname);
  let document = join(root, 'stacks/pipelines', name, 'pipeline.yaml');
  const args = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  if (components !== undefined) args.push('--components', components);
  if (repository !== undefined) args.push('--repository', repository);
  if (repository !== undefined || components !== undefined) {
    // In a folder of its own the document has no components beside it.
    const alone = join(mkdtempSync(join(tmpdir(), 'mis-demo-')), 'pipeline.yaml');
    copyFileSync(document, alone);
    document = alone;
  }
  return ServerProcess.start([join(root, 'lib/runtime/main.js'), 'serve', document, ...args]);
}
