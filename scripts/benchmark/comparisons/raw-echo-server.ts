import { createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo } from 'node:net';

// For bench:driver: sends the bytes of each gRPC stream back without parsing messages, so that it is faster than any driver.

const server = createServer({ settings: { initialWindowSize: 1 << 24 }, maxSessionMemory: 1000 });
server.on('session', (session) => session.setLocalWindowSize(1 << 24));
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.on('error', () => undefined);
  stream.pipe(stream);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stderr.write(`${JSON.stringify({ msg: 'ready', grpc: `127.0.0.1:${port}`, http: '' })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
