/** What runs in the digests' thread: reads each file as far as it is written and adds it to its digest. */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../contracts/program/problem';
import { type DigestAnswer, type DigestRequest } from './file-digests';

const buffer = Buffer.allocUnsafeSlow(256 * 1024);
const growing = new Map<number, { readonly hash: Hash; size: number }>();

parentPort?.on('message', (request: DigestRequest) => {
  try {
    const answer = take(request);
    if (answer) parentPort?.postMessage(answer);
  } catch (error) {
    growing.delete(request.id);
    parentPort?.postMessage({ id: request.id, failure: messageOf(error) } satisfies DigestAnswer);
  }
});

function take(request: DigestRequest): DigestAnswer | undefined {
  const { id, kind } = request;
  if (kind === 'forget') {
    growing.delete(id);
    return { id };
  }
  let file = growing.get(id);
  if (!file) growing.set(id, (file = { hash: createHash('sha256'), size: 0 }));
  while (file.size < request.size) {
    const wanted = Math.min(buffer.length, request.size - file.size);
    const got = readSync(request.fd, buffer, 0, wanted, file.size);
    if (got === 0) throw new Error('the file is shorter than what was written to it');
    file.hash.update(buffer.subarray(0, got));
    file.size += got;
  }
  if (kind === 'grown') return undefined;
  growing.delete(id);
  return { id, sha256: file.hash.digest('hex') };
}
