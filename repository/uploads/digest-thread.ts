import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { SLOT_BYTES, type DigestAnswer, type DigestQuestion } from './digest-protocol';

// The thread in which the digests of all uploads are computed, so that the service's own goes on with its connections.

const uploads = new Map<number, { readonly hash: Hash; readonly memory: SharedArrayBuffer }>();

function reply(answer: DigestAnswer): void {
  parentPort?.postMessage(answer);
}

parentPort?.on('message', (question: DigestQuestion) => {
  const { id } = question;
  if (question.ask === 'begin') {
    uploads.set(id, { hash: createHash('sha256'), memory: question.memory });
    return;
  }
  const upload = uploads.get(id);
  if (question.ask === 'update') {
    upload?.hash.update(new Uint8Array(upload.memory, question.slot * SLOT_BYTES, question.length));
    reply({ id });
    return;
  }
  uploads.delete(id);
  if (question.ask === 'end') reply({ id, sha256: upload?.hash.digest('hex') });
});
