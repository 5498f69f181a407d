import { open, stat } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { finished } from 'node:stream/promises';
import { Writable } from 'node:stream';

const BOUNDARY = 'mis-bench-boundary';
const CHUNK_BYTES = 256 * 1024;

/** Writes a file from two alternating buffers, so that the client costs little. */
async function writeFileTo(call: ClientRequest, path: string): Promise<void> {
  const file = await open(path);
  const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) => call.write(bytes, (error) => (error ? reject(error) : resolve())));
  try {
    let sent: Promise<void> = Promise.resolve();
    for (let turn = 0; ; turn = 1 - turn) {
      const buffer = buffers[turn];
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      await sent;
      if (bytesRead === 0) return;
      sent = write(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Uploads a file as the package of a component. Resolves to milliseconds. */
export async function uploadFile(url: string, file: string): Promise<number> {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="package.bin"\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const startMs = performance.now();
  const call = request(url, {
    method: 'PUT',
    headers: {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': head.length + (await stat(file)).size + tail.length,
    },
  });
  const status = new Promise<number | undefined>((resolve, reject) => {
    call.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
  call.write(head);
  await writeFileTo(call, file);
  call.end(tail);
  if ((await status) !== 204) throw new Error(`${url} answered ${await status}`);
  return performance.now() - startMs;
}

/** Downloads a package and drops it. Resolves to milliseconds. */
export async function downloadPackage(url: string): Promise<number> {
  const startMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const call = request(url, (response) => {
      const nowhere = new Writable({
        highWaterMark: CHUNK_BYTES,
        write: (_chunk, _encoding, done) => done(),
      });
      response.pipe(nowhere);
      finished(response).then(resolve, reject);
    });
    call.on('error', reject).end();
  });
  return performance.now() - startMs;
}

/** Bytes of the package that transfers are measured with. */
export const PACKAGE_BYTES = 180 * 1000 * 1000;

/** The rate of moving the package in `ms`. */
export function megabytesPerSecond(ms: number): string {
  return `${(PACKAGE_BYTES / 1000 / ms).toFixed(0)} MB/s`;
}
