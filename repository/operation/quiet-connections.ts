import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/**
 * The connections on which nothing is asked: those that were kept after an answer, and those that were opened for a
 * request that never came. A server that stops waits for the others only.
 */
export class QuietConnections {
  private readonly quiet = new Set<Socket>();
  private closing = false;

  constructor(server: Server, tls: boolean) {
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.quiet.add(socket);
      socket.once('close', () => this.quiet.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.quiet.delete(socket);
      response.once('close', () => {
        if (this.closing) socket.destroySoon();
        else if (!socket.destroyed) this.quiet.add(socket);
      });
    });
  }

  /** Closes those that are quiet, and each of the others when its answer has ended. */
  close(): void {
    this.closing = true;
    for (const socket of this.quiet) socket.destroy();
  }
}
