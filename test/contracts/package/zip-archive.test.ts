import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZipArchive } from '../../../contracts/package/zip-archive';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { zipOf } from '../../fixtures/zip';

const LIMITS = { maxEntries: 20, maxUnpackedBytes: 64 * 2 ** 20, maxRatio: 100 };
const folder = temporaryFolder();
let count = 0;

async function open(bytes: Uint8Array): Promise<ZipArchive> {
  const path = join(folder, `zip-${count++}`);
  writeFileSync(path, bytes);
  return ZipArchive.open(path, LIMITS);
}

/** A zip whose entry has another name than yazl would write: both names have the same length. */
async function renamed(name: string): Promise<Buffer> {
  const harmless = 'n'.repeat(name.length);
  const zip = await zipOf({ [harmless]: 'x' });
  return Buffer.from(zip.toString('latin1').replaceAll(harmless, name), 'latin1');
}

it('reads, and unpacks below a directory', async () => {
  const zip = await open(await zipOf({ 'a.txt': 'hello', 'b/c.txt': 'world' }));
  expect(zip.names).toEqual(['a.txt', 'b/c.txt']);
  expect(await zip.readText('a.txt', 100)).toBe('hello');
  const path = await zip.extract('b/c.txt', join(folder, 'unpacked'));
  expect(path).toBe(join(folder, 'unpacked', 'b/c.txt'));
  await expect(zip.readText('a.txt', 3)).rejects.toThrow('has a a.txt of more than 3 bytes');
  zip.close();
});

it.each(['../evil.txt', '/etc/passwd', 'a/../../evil', 'C:/evil.txt', 'a\\..\\evil'])(
  'refuses a name that leads outside: %s',
  async (name) => {
    await expect(open(await renamed(name))).rejects.toMatchObject({ name: 'ComponentError' });
  },
);

it.each([
  ['a symbolic link', 0o120777],
  ['a device', 0o020666],
  ['a pipe', 0o010666],
])('refuses %s', async (_, mode) => {
  const zip = await zipOf({ entry: '/etc/passwd' }, { mode: 0o100644 });
  // the file attributes lie in the central directory, 38 bytes into the record
  const record = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  zip.writeUInt32LE((mode << 16) >>> 0, record + 38);
  await expect(open(zip)).rejects.toThrow('has entry, which is a link or a device');
});

it('refuses a bomb by its ratio, and by what it unpacks to', async () => {
  const bomb = await zipOf({ zeros: Buffer.alloc(40 * 2 ** 20) });
  await expect(open(bomb)).rejects.toThrow(/unpacks to \d+ times its size, 100 times are allowed/);
  const noise = await zipOf({ a: Buffer.alloc(33 * 2 ** 20), b: Buffer.alloc(33 * 2 ** 20) });
  await expect(open(noise)).rejects.toThrow('unpacks to 69206016 bytes, 67108864 are allowed');
});

it('refuses too many entries, and one name twice', async () => {
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`f${index}`, 'x']));
  await expect(open(await zipOf(many))).rejects.toThrow('has 21 entries, 20 are allowed');
  const twice = Buffer.from(
    (await zipOf({ aa: 'x', bb: 'y' })).toString('latin1').replaceAll('bb', 'aa'),
    'latin1',
  );
  await expect(open(twice)).rejects.toThrow('has two entries named aa');
});

it.each([
  [['a', 'a/b'], 'has a as a file and as a folder'],
  [['a/b/c', 'x', 'a/b'], 'has a/b as a file and as a folder'],
  [['a/b', 'a/./b'], 'has two entries named a/b'],
  [['a/b', 'a//b'], 'has two entries named a/b'],
  [['n'.repeat(256)], 'or 255 between two slashes'],
  [['é'.repeat(128)], 'or 255 between two slashes'],
  [Array.from({ length: 1 }, () => 'folder/'.repeat(150) + 'a'), 'has a name of more than 1024 bytes'],
])('refuses names that no folder can hold together: %j', async (names, message) => {
  // yazl normalizes names and so does not write such a zip itself: equal lengths stand in for them
  const standIns = names.map((name, index) => `${index}`.padEnd(Buffer.byteLength(name), 'n'));
  let bytes = (await zipOf(Object.fromEntries(standIns.map((name) => [name, 'x'])))).toString('latin1');
  for (const [index, name] of names.entries()) {
    bytes = bytes.replaceAll(standIns[index], Buffer.from(name).toString('latin1'));
  }
  await expect(open(Buffer.from(bytes, 'latin1'))).rejects.toThrow(message);
});

it('takes a file in a folder that has an entry, and names of other spellings', async () => {
  const zip = await open(await renamed('./a/b.txt'));
  expect(zip.names).toEqual(['./a/b.txt']);
  await zip.extract('./a/b.txt', join(folder, 'spelt'));
  zip.close();
});

it('refuses entries that lie over each other', async () => {
  const zip = await zipOf({ a: Buffer.alloc(1000, 'a'), b: Buffer.alloc(1000, 'b') }, { compress: false });
  const first = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  const second = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]), first + 4);
  for (const record of [first, second]) {
    zip.writeUInt32LE(2000, record + 20);
    zip.writeUInt32LE(2000, record + 24);
  }
  await expect(open(zip)).rejects.toThrow('has entries that lie over each other');
});

it('refuses an entry that is encrypted', async () => {
  const zip = await zipOf({ secret: 'x' });
  const record = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  zip.writeUInt16LE(zip.readUInt16LE(record + 8) | 1, record + 8);
  await expect(open(zip)).rejects.toThrow('has secret, which is encrypted');
});

it('refuses a zip that was cut off anywhere', async () => {
  const zip = await zipOf({ a: Buffer.alloc(1000, 'abc'), 'b.txt': 'hello' });
  for (let length = 1; length < zip.length; length += 7) {
    await expect(open(zip.subarray(0, length))).rejects.toMatchObject({ name: 'ComponentError' });
  }
});

it('finds an entry that is damaged or larger than it says when it is read', async () => {
  const zip = await zipOf({ 'a.txt': 'hello' }, { compress: false });
  const damaged = Buffer.from(zip.toString('latin1').replace('hello', 'jello'), 'latin1');
  const archive = await open(damaged);
  await expect(archive.readText('a.txt', 100)).rejects.toThrow('has a damaged a.txt: its checksum is wrong');
  await expect(archive.verify()).rejects.toMatchObject({ name: 'ComponentError' });
  archive.close();
});
