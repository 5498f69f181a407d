/** What runs in a model's own thread. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ModelServer, type ReplyPort } from './serve-model';
import {
  postTensors,
  receiveTensors,
  type SentTensors,
  type ThreadReply,
  type ThreadRequest,
  type WorkerStart,
} from './worker-messages';

async function main(port: MessagePort): Promise<void> {
  const replies: ReplyPort = {
    post: (reply) => port.postMessage(reply satisfies ThreadReply),
    postAnswer(reply, answer, spares) {
      const toReply = (outputs: SentTensors): ThreadReply => ({
        ...reply,
        outputs,
        spares,
      });
      postTensors(port, answer, true, toReply, { also: spares });
    },
  };
  const server = await ModelServer.open(workerData as WorkerStart, true, replies);
  if (server === undefined) {
    port.close();
    return;
  }
  port.on('message', (request: ThreadRequest) => {
    if (request.kind === 'run') server.run(request.id, receiveTensors(request.feeds));
    else void server.close().then(() => port.close());
  });
}

// An error here must end the thread, not only its promise.
if (parentPort !== null) {
  main(parentPort).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
}
