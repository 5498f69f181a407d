import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { TransferMemory } from '../../../repository/operation/transfer-memory';
import { Spool } from '../../../repository/uploads/spool';
import { randomNumbers } from '../../fixtures/seed';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder();
const random = randomNumbers();
/** About what is gathered for one write. */
const BATCH_BYTES = 1024 * 1024;
let spool: Spool;
beforeAll(async () => {
  spool = await Spool.open(folder, { memory: new TransferMemory(), flushEarly: true });
});
afterEach(() => expect(readdirSync(folder)).toEqual([]));
afterAll(() => spool.close());

/** The bytes in pieces of random sizes. */
function pieces(bytes: Buffer, largest: number): Readable {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + Math.floor(random() * largest));
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return Readable.from(parts);
}

async function expectReceived(bytes: Buffer, largest: number): Promise<void> {
  const { path, sha256, size } = await spool.receive(pieces(bytes, largest));
  expect([sha256, size]).toEqual([createHash('sha256').update(bytes).digest('hex'), bytes.length]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  await spool.discard(path);
}

it.each([0, 1, BATCH_BYTES - 1, BATCH_BYTES, BATCH_BYTES + 1, 2 * BATCH_BYTES, 5 * BATCH_BYTES + 7])(
  'receives %i bytes with their digest, in pieces of any size',
  async (length) => {
    const bytes = randomBytes(length);
    for (const largest of [1000, BATCH_BYTES, 3 * BATCH_BYTES]) await expectReceived(bytes, largest);
  },
);

it('receives many at once without mixing them', async () => {
  const sizes = Array.from({ length: 12 }, (_, index) => index * 200_000 + 17);
  await Promise.all(
    sizes.map(async (size) => {
      const bytes = randomBytes(size);
      const { path, sha256 } = await spool.receive(pieces(bytes, 100_000));
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      await spool.discard(path);
    }),
  );
});

it('leaves nothing of a source that breaks off, and goes on with the next', async () => {
  const broken = Readable.from(
    (function* () {
      yield randomBytes(BATCH_BYTES + 5);
      throw new Error('the connection broke');
    })(),
  );
  await expect(spool.receive(broken)).rejects.toThrow('the connection broke');
  await expectReceived(randomBytes(10), 10);
  expect(openFiles()).toEqual([]);
});

/** Files of the spool that this process still has open, where the system tells. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder));
}

it('says at once that there is no room for what was announced', async () => {
  await expect(spool.requireSpace(2 ** 60)).rejects.toMatchObject({ code: 'STORE_FULL' });
  await expect(spool.requireSpace(1)).resolves.toBeUndefined();
});
