import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type RepositoryError } from '../../../repository/errors';
import { type ComponentKey } from '../../../contracts/repository/component-key';
import { type ReceivedPackage } from '../../../repository/store/component-record';
import { type ComponentStore } from '../../../repository/store/component-store';

export const FALL: ComponentKey = { kind: 'model', name: 'fall-detection', version: '1.0.0' };
const SCALE: ComponentKey = { kind: 'transformation', name: 'custom.scale', version: '' };

/** A package that lies in the store's spool, as an upload leaves it. */
export function spooled(store: ComponentStore, bytes: Buffer, fileName = 'model.bin'): ReceivedPackage {
  mkdirSync(store.spoolDirectory, { recursive: true });
  const path = join(store.spoolDirectory, randomUUID());
  writeFileSync(path, bytes);
  return {
    path,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    fileName,
    description: { opaque: true, version: null, formats: null, manifest: null },
    signature: null,
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: RepositoryError) => error.code,
  );
}

async function readAll(store: ComponentStore, key: ComponentKey, range?: { start: number; end: number }) {
  const record = await store.find(key);
  if (!record?.package) throw new Error('there is no package');
  return buffer(await store.read(record.package, range));
}

/** What every store keeps, whatever it is made of. `open` gives an empty store; `reopen` the same one after a restart. */
export function describeComponentStore(
  name: string,
  harness: () => { open(): Promise<ComponentStore>; reopen(store: ComponentStore): Promise<ComponentStore> },
): void {
  describe(name, () => {
    let store: ComponentStore;
    beforeEach(async () => {
      store = await harness().open();
    });
    afterEach(() => store.close());

    it('finds what was created, and nothing else', async () => {
      await store.create(FALL, { library: 'onnx', description: null });
      expect(await store.find(FALL)).toMatchObject({
        key: FALL,
        meta: { library: 'onnx', description: null },
        package: null,
      });
      expect(await store.find({ ...FALL, version: '2' })).toBeUndefined();
      expect(await store.find({ ...FALL, kind: 'service' })).toBeUndefined();
    });

    it('creates a component once, also when two do so at the same time', async () => {
      const codes = await Promise.all([
        codeOf(store.create(FALL, null)),
        codeOf(store.create(FALL, null)),
        codeOf(store.create(FALL, null)),
      ]);
      expect(codes.sort()).toEqual(['ALREADY_EXISTS', 'ALREADY_EXISTS', 'done']);
    });

    it('replaces metadata as a whole and leaves the package', async () => {
      await store.create(FALL, { library: 'onnx', description: 'old' });
      await store.publish(FALL, spooled(store, Buffer.from('abc')), { replace: true });
      await store.describe(FALL, { library: null, description: 'new' });
      const record = await store.find(FALL);
      expect(record?.meta).toEqual({ library: null, description: 'new' });
      expect(record?.package?.size).toBe(3);
      expect(await codeOf(store.describe(SCALE, null))).toBe('COMPONENT_UNKNOWN');
    });

    it('gives back the bytes of a package, whole and in parts', async () => {
      const bytes = randomBytes(3_000_001);
      await store.create(FALL, null);
      const stored = await store.publish(FALL, spooled(store, bytes, 'fall.onnx'), { replace: true });
      expect(stored).toMatchObject({ size: 3_000_001, fileName: 'fall.onnx', opaque: true });
      expect((await readAll(store, FALL)).equals(bytes)).toBe(true);
      const part = await readAll(store, FALL, { start: 1_048_570, end: 2_097_160 });
      expect(part.equals(bytes.subarray(1_048_570, 2_097_160))).toBe(true);
      expect((await readAll(store, FALL, { start: 3_000_000, end: 3_000_001 })).length).toBe(1);
    });

    it('keeps the last of several packages and frees the rest', async () => {
      await store.create(FALL, null);
      for (const text of ['one', 'two', 'three']) {
        await store.publish(FALL, spooled(store, Buffer.from(text)), { replace: true });
      }
      expect(String(await readAll(store, FALL))).toBe('three');
      await store.sweep();
      expect(String(await readAll(store, FALL))).toBe('three');
    });

    it('agrees with itself after many uploads to one component at the same time', async () => {
      await store.create(FALL, null);
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          codeOf(store.publish(FALL, spooled(store, Buffer.alloc(1000 + index, index)), { replace: true })),
        ),
      );
      expect(results.every((code) => code === 'done' || code === 'CHANGED_MEANWHILE')).toBe(true);
      const record = await store.find(FALL);
      const bytes = await readAll(store, FALL);
      expect(bytes.length).toBe(record?.package?.size);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(record?.package?.sha256);
    });

    it('does not replace a package when it may not', async () => {
      await store.create(FALL, null);
      await store.publish(FALL, spooled(store, Buffer.from('one')), { replace: false });
      const again = store.publish(FALL, spooled(store, Buffer.from('two')), { replace: false });
      expect(await codeOf(again)).toBe('VERSION_IMMUTABLE');
      expect(String(await readAll(store, FALL))).toBe('one');
    });

    it('publishes nothing for a component that is not there', async () => {
      const published = store.publish(SCALE, spooled(store, Buffer.from('x')), { replace: true });
      expect(await codeOf(published)).toBe('COMPONENT_UNKNOWN');
    });

    it('keeps one content for two components until both are gone', async () => {
      const same = Buffer.from('the same bytes');
      await store.create(FALL, null);
      await store.create(SCALE, null);
      await store.publish(FALL, spooled(store, same), { replace: true });
      await store.publish(SCALE, spooled(store, same), { replace: true });
      await store.delete(FALL);
      await store.sweep();
      expect(String(await readAll(store, SCALE))).toBe('the same bytes');
    });

    it('deletes metadata and package, once', async () => {
      await store.create(FALL, null);
      const stored = await store.publish(FALL, spooled(store, Buffer.from('x')), { replace: true });
      await store.delete(FALL);
      expect(await store.find(FALL)).toBeUndefined();
      expect(await codeOf(store.delete(FALL))).toBe('COMPONENT_UNKNOWN');
      await store.sweep();
      const read = store.read(stored).then((stream) => buffer(stream));
      expect(await read.catch(() => 'gone')).toBe('gone');
    });

    it('attaches a signature to the package that was signed and to no other', async () => {
      const signature = { signature: `${'A'.repeat(86)}==`, signer: `ed25519:${'0'.repeat(64)}` };
      await store.create(FALL, null);
      expect(await codeOf(store.sign(FALL, '0'.repeat(64), signature))).toBe('PACKAGE_ABSENT');
      const { sha256 } = await store.publish(FALL, spooled(store, Buffer.from('x')), { replace: true });
      expect(await codeOf(store.sign(FALL, '0'.repeat(64), signature))).toBe('SIGNATURE_MISMATCH');
      await store.sign(FALL, sha256, signature);
      expect((await store.find(FALL))?.package?.signature).toEqual(signature);
      await store.publish(FALL, spooled(store, Buffer.from('y')), { replace: true });
      expect((await store.find(FALL))?.package?.signature).toBeNull();
    });

    it('lists in order, filtered and in pages', async () => {
      for (const [modelName, version, library] of [
        ['b', '1.0.0', 'onnx'],
        ['a', '2.0.0', 'tflite'],
        ['a', '1.0.0', 'onnx'],
        ['c.d+e', '1', 'onnx'],
      ] as const) {
        const key = { kind: 'model', name: modelName, version } as const;
        await store.create(key, { library, description: `Model (${modelName}) of many` });
      }
      await store.create(SCALE, null);
      const names = async (...args: Parameters<ComponentStore['list']>) => {
        const { records, total } = await store.list(...args);
        return [total, ...records.map(({ key }) => `${key.name} ${key.version}`)];
      };
      const all = ['a 1.0.0', 'a 2.0.0', 'b 1.0.0', 'c.d+e 1'];
      expect(await names('model', {})).toEqual([4, ...all]);
      expect(await names('model', { library: 'onnx' })).toEqual([3, 'a 1.0.0', 'b 1.0.0', 'c.d+e 1']);
      expect(await names('model', { name: 'a', version: '2.0.0' })).toEqual([1, 'a 2.0.0']);
      expect(await names('model', { text: 'D+E' })).toEqual([1, 'c.d+e 1']);
      expect(await names('model', { text: 'OF MANY' })).toEqual([4, ...all]);
      expect(await names('model', { text: '.*' })).toEqual([0]);
      expect(await names('model', { stored: true })).toEqual([0]);
      expect(await names('model', {}, { limit: 3 })).toEqual([4, ...all.slice(0, 3)]);
      expect(await names('model', {}, { limit: 3, after: { name: 'a', version: '2.0.0' } })).toEqual([
        4,
        'b 1.0.0',
        'c.d+e 1',
      ]);
      expect(await store.count()).toEqual({ model: 4, transformation: 1, service: 0, inferencer: 0 });
    });

    it('filters by what is known of packages', async () => {
      await store.create(FALL, null);
      await store.create({ ...FALL, version: '2.0.0' }, null);
      const { sha256 } = await store.publish(FALL, spooled(store, Buffer.from('x')), { replace: true });
      const versions = async (filter: Parameters<ComponentStore['list']>[1]) =>
        (await store.list('model', filter)).records.map(({ key }) => key.version);
      expect(await versions({ sha256 })).toEqual(['1.0.0']);
      expect(await versions({ stored: false })).toEqual(['2.0.0']);
      expect(await versions({ opaque: true })).toEqual(['1.0.0']);
      expect(await versions({ opaque: false })).toEqual([]);
      expect(await versions({ signer: 'nobody' })).toEqual([]);
    });

    it('tells every change in its order, from any position on', async () => {
      await store.create(FALL, null);
      const { sha256 } = await store.publish(FALL, spooled(store, Buffer.from('x')), { replace: true });
      await store.describe(FALL, { library: 'onnx', description: null });
      await store.delete(FALL);
      const { changes, oldest, last } = await store.changes(0, 100);
      expect(changes.map(({ sequence, type }) => [sequence, type])).toEqual([
        [1, 'created'],
        [2, 'stored'],
        [3, 'described'],
        [4, 'deleted'],
      ]);
      expect(changes[1]).toMatchObject({ kind: 'model', name: 'fall-detection', version: '1.0.0', sha256 });
      expect([oldest, last]).toEqual([1, 4]);
      expect((await store.changes(2, 1)).changes.map(({ sequence }) => sequence)).toEqual([3]);
      expect((await store.changes(4, 10)).changes).toEqual([]);
    });

    it('calls those who watch soon after a change', async () => {
      const called = new Promise<void>((resolve) => {
        const unwatch = store.watch(() => {
          unwatch();
          resolve();
        });
      });
      await store.create(FALL, null);
      await expect(called).resolves.toBeUndefined();
    });

    it('has everything after a restart', async () => {
      const bytes = randomBytes(100_000);
      await store.create(FALL, { library: 'onnx', description: 'kept' });
      await store.publish(FALL, spooled(store, bytes), { replace: true });
      await store.create(SCALE, null);
      await store.delete(SCALE);
      const before = await store.find(FALL);
      store = await harness().reopen(store);
      await store.sweep();
      expect(await store.find(FALL)).toEqual(before);
      expect((await readAll(store, FALL)).equals(bytes)).toBe(true);
      expect(await store.find(SCALE)).toBeUndefined();
      expect((await store.changes(0, 100)).last).toBe(4);
      await store.create(SCALE, null);
      expect((await store.changes(4, 100)).changes).toHaveLength(1);
    });

    it('says that it can be reached', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}
