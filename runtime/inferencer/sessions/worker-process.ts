/** What runs in a model's own process. Descriptor 3 is the socket to its session, 4 to 6 are shared memory. */
import { Socket } from 'node:net';
import { deserialize } from 'node:v8';
import { type NamedTensors } from '../../tensor/tensor';
import { encodeFrame, FrameReader, type Frame } from './frames';
import { ModelServer, type ReplyPort } from './serve-model';
import { SharedMemory } from './shared-memory';
import { SpareBuffers } from './spare-buffers';
import { type HostRequest, type WorkerStart } from './worker-messages';

const SOCKET_FD = 3;

// A signal that reaches the whole group (Ctrl-C) is the session's to act on: it drains first, then closes this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const socket = new Socket({ fd: SOCKET_FD });
const feeds = new SharedMemory(SOCKET_FD + 1);
const answers = [new SharedMemory(SOCKET_FD + 2), new SharedMemory(SOCKET_FD + 3)];
const spares = new SpareBuffers();
let opening: Promise<ModelServer | undefined> | undefined;

function write(message: object, tensors?: NamedTensors, shared?: SharedMemory): void {
  socket.cork();
  for (const piece of encodeFrame(message, tensors, shared)) socket.write(piece);
  socket.uncork();
}

const port: ReplyPort = {
  post: (reply) => write(reply),
  postAnswer(reply, outputs, free) {
    write(reply, outputs, answers[reply.id % 2]);
    spares.keep(free);
  },
};

async function take({ message, tensors }: Frame<HostRequest>): Promise<void> {
  if (message.kind === 'start') {
    const start = deserialize(Buffer.from(message.start, 'base64')) as WorkerStart;
    opening = ModelServer.open(start, false, port);
  }
  const server = await opening;
  if (message.kind === 'run') server?.run(message.id, tensors);
  else if (message.kind === 'close' || server === undefined) {
    await server?.close();
    socket.end();
  }
}

const reader = new FrameReader<HostRequest>(
  (frame) => void take(frame).catch(fail),
  () => feeds,
  (bytes) => spares.take(bytes),
);

function fail(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

socket.on('data', (chunk: Buffer) => reader.take(chunk));
// The session, or its whole process, is gone.
socket.on('error', () => process.exit(0));
socket.on('close', () => process.exit(0));
