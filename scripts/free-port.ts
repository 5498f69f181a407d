import { createServer } from 'node:net';

/** A free port of the loopback address, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      server.close(() => resolve(address.port));
    });
    server.on('error', reject);
  });
}
