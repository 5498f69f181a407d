import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const BOUNDARY = 'mis-bench-boundary';
const CHUNK_BYTES = 256 * 1024;

export const PACKAGE_BYTES = 180 * 1000 * 1000;

export async function uploadFile(url: string, file: string): Promise<void> {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="package.bin"\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const headers = {
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    'content-length': head.length + (await stat(file)).size + tail.length,
  };
  const call = request(url, { method: 'PUT', headers });
  const answer = once(call, 'response').then(
    ([response]) => (response as IncomingMessage).resume().statusCode,
  );
  const parts = async function* (): AsyncGenerator<Buffer | string> {
    yield head;
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES });
    yield tail;
  };
  const [status] = await Promise.all([answer, pipeline(parts, call)]);
  if (status !== 204) throw new Error(`${url} answered ${status}`);
}

export async function downloadPackage(url: string): Promise<void> {
  const [response] = (await once(request(url).end(), 'response')) as [IncomingMessage];
  await pipeline(response, nowhere());
}

export function nowhere(): Writable {
  return new Writable({ highWaterMark: CHUNK_BYTES, write: (_chunk, _encoding, done) => done() });
}

export function megabytesPerSecond(ms: number): string {
  return `${(PACKAGE_BYTES / 1000 / ms).toFixed(0)} MB/s`;
}
