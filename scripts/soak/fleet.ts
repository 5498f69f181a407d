import { freePort } from '../free-port';
import { ServerProcess } from '../server-process';
import { serveCommand } from './serve-command';

/** Several servers of one pipeline; each has fixed ports, which its successor takes over. */
export class Fleet {
  private constructor(
    private readonly document: string,
    private readonly servers: { readonly grpc: number; readonly http: number; process: ServerProcess }[],
  ) {}

  static async start(document: string, size: number): Promise<Fleet> {
    const servers: Fleet['servers'] = [];
    const fleet = new Fleet(document, servers);
    try {
      for (let index = 0; index < size; index += 1) {
        const ports = { grpc: await freePort(), http: await freePort() };
        servers.push({ ...ports, process: await ServerProcess.start(serveCommand(document, ports)) });
      }
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  /** `host:port` of each server's gRPC side. */
  get addresses(): string[] {
    return this.servers.map(({ grpc }) => `127.0.0.1:${grpc}`);
  }

  get size(): number {
    return this.servers.length;
  }

  /** SIGTERM; the exit code, and how long the server took to end, in milliseconds. */
  async stopOne(index: number): Promise<{ readonly code: number | null; readonly endMs: number }> {
    const startedMs = performance.now();
    const code = await this.servers[index].process.stop();
    return { code, endMs: performance.now() - startedMs };
  }

  /** Starts the successor of a server that has ended. */
  async startOne(index: number): Promise<void> {
    const server = this.servers[index];
    server.process = await ServerProcess.start(serveCommand(this.document, server));
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map(({ process }) => process.stop()));
  }
}
