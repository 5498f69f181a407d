import { SpareBuffers } from '../../../../runtime/inferencer/sessions/spare-buffers';
import { WorkerSession } from '../../../../runtime/inferencer/sessions/worker-session';
import { tensor } from '../../../../runtime/tensor/tensor';
import { identityModel } from '../../../fixtures/models/tiny-models';
import { writeModel } from '../../../fixtures/models/write-model';

describe('memory that came back from a model', () => {
  it('is used for the next copy of its size', () => {
    const spares = new SpareBuffers();
    const buffer = new ArrayBuffer(8);
    spares.keep([new ArrayBuffer(4), buffer]);
    const source = Float32Array.of(1, 2);
    const copy = spares.copy(source);
    expect(copy).toEqual(source);
    expect(copy.buffer).toBe(buffer);
    expect(spares.copy(source).buffer).not.toBe(buffer);
  });

  it('is let go when there is more than a few of it', () => {
    const spares = new SpareBuffers();
    const buffers = Array.from({ length: 6 }, () => new ArrayBuffer(8));
    spares.keep(buffers);
    const used = Array.from({ length: 6 }, () => spares.copy(Float32Array.of(1, 2)).buffer);
    expect(used.filter((buffer) => buffers.includes(buffer))).toHaveLength(4);
  });

  it('does not get into the answers that were made before', async () => {
    const session = await WorkerSession.open({
      modelFile: writeModel(identityModel('float32', ['batch', 50_000])),
      threads: 1,
    });
    const row = (value: number) => tensor('float32', [1, 50_000], new Float32Array(50_000).fill(value));
    const first = await session.run({ x: row(1) }, false);
    const second = await session.run({ x: row(2) }, false);
    const third = await session.run({ x: row(3) }, true);
    await session.close();
    expect([first, second, third].map(({ y }) => new Set(y.data as Float32Array))).toEqual(
      [1, 2, 3].map((value) => new Set([value])),
    );
  });
});
