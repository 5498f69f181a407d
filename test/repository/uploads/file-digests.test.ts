import { createHash, randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileDigests } from '../../../repository/uploads/file-digests';
import { randomNumbers } from '../../fixtures/seed';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
const random = randomNumbers();
const digests = new FileDigests();
afterAll(() => digests.close());

it('follows files that grow side by side', async () => {
  const files = await Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const file = await open(join(folder, `${index}`), 'wx+');
      return { file, hash: createHash('sha256'), digest: digests.begin(file.fd), size: 0 };
    }),
  );
  for (let round = 0; round < 20; round += 1) {
    for (const each of files) {
      const bytes = randomBytes(Math.floor(random() * 500_000));
      await each.file.write(bytes);
      each.hash.update(bytes);
      each.size += bytes.length;
      each.digest.grown(each.size);
    }
  }
  for (const { file, hash, digest, size } of files) {
    expect(await digest.end(size)).toBe(hash.digest('hex'));
    await digest.release();
    await file.close();
  }
});

it('refuses a digest of a file that is shorter than what was told, and goes on with others', async () => {
  const path = join(folder, 'short');
  await writeFile(path, 'abc');
  const file = await open(path, 'r');
  const digest = digests.begin(file.fd);
  await expect(digest.end(4)).rejects.toThrow('the file is shorter than what was written to it');
  await digest.release();
  const next = digests.begin(file.fd);
  expect(await next.end(3)).toBe(createHash('sha256').update('abc').digest('hex'));
  await file.close();
});

it('computes a digest whose thread ended in the middle, from the file', async () => {
  const path = join(folder, 'interrupted');
  await writeFile(path, 'abcdef');
  const file = await open(path, 'r');
  const digest = digests.begin(file.fd);
  digest.grown(3);
  await digests.close();
  expect(await digest.end(6)).toBe(createHash('sha256').update('abcdef').digest('hex'));
  await file.close();
});
