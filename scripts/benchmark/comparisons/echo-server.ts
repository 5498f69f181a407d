import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';

// Compares with bench:runtime: a bare grpc-js server that sends each message back, undecoded.

const identity = (bytes: Buffer): Buffer => bytes;
const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
server.addService(
  {
    predict: {
      path: '/echo.Echo/predict',
      requestStream: true,
      responseStream: true,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  },
  {
    predict: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => call.write(message));
      call.on('end', () => call.end());
    },
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stderr.write(`${JSON.stringify({ msg: 'ready', grpc: `127.0.0.1:${port}`, http: '' })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
