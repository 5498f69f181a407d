import { join } from 'node:path';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { ServerProcess } from '../../server-process';

const root = findPackageRoot(__dirname);

/** The core that servers are pinned to. */
export const SERVER_CPU = 0;

/** The document of one of the package's pipelines. */
export function pipelineDocument(name: 'fall-detection' | 'scratch-detection'): string {
  return join(root, 'stacks/pipelines', name, 'pipeline.yaml');
}

/** `mis serve` with these arguments on free ports; pinned to a core where one is given. */
export function serve(args: readonly string[], cpu?: number): Promise<ServerProcess> {
  const ports = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  return ServerProcess.start([join(root, 'lib/runtime/main.js'), 'serve', ...args, ...ports], cpu);
}

/** A program of this folder, such as an echo, in its own process. */
export function startProgram(
  name: string,
  args: readonly string[] = [],
  cpu?: number,
): Promise<ServerProcess> {
  const file = join(root, 'lib/scripts/benchmark/comparisons', `${name}.js`);
  return ServerProcess.start([process.execPath, file, ...args], cpu);
}

/** Stops the server whatever becomes of `task`. */
export async function using<T>(
  starting: Promise<ServerProcess>,
  task: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const server = await starting;
  try {
    return await task(server);
  } finally {
    await server.stop();
  }
}

/** The value of one series at a server's `/metrics`, e.g. `inference_streams{pipeline="p"}`; 0 when it is absent. */
export async function readSeries({ ready }: ServerProcess, series: string): Promise<number> {
  // A new connection each time: the server may close an idle one just when it is used again.
  const response = await fetch(`http://${ready.http}/metrics`, { headers: { connection: 'close' } });
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}
