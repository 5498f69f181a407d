import { createPacer } from '../../../../scripts/benchmark/load/create-pacer';
import { type Lane } from '../../../../scripts/benchmark/load/lane';
import { type LoadJob } from '../../../../scripts/benchmark/load/load-job';

const JOB: LoadJob = {
  ...{ profile: 'steps', deployment: '', service: 'extended', client: 'raw', target: { address: '' } },
  ...{ warmUpMs: 0, measureMs: 1000, drainMs: 0, seed: 1, process: 0, processes: 1, part: 0, parts: 1 },
  cell: {
    ...{ label: '', clients: 2, devices: null, batch: null, data: { use: 'fall-detection', dtype: 'int32' } },
    load: { kind: 'rate', rateHz: 40 },
  },
};

/** When the clients of a job send in the second that has just passed, in milliseconds from its start. */
async function timesOf(job: LoadJob): Promise<number[]> {
  const startMs = performance.now() - 2_000;
  const times: number[] = [];
  const lanes = Array.from({ length: job.cell.clients }, (_, index) => ({
    index,
    send: (_request: number, dueMs: number) => times.push(Math.round(dueMs - startMs)),
    flush: () => undefined,
  }));
  const pacer = createPacer(job, 10, lanes as unknown as Lane[]);
  pacer.start(startMs, startMs + 1_000);
  await pacer.stop();
  return times.sort((a, b) => a - b);
}

describe('the clients of several machines', () => {
  it('are due between each other, each machine as often as its profile says', async () => {
    const one = await timesOf({ ...JOB, part: 0, parts: 2 });
    const other = await timesOf({ ...JOB, part: 1, parts: 2 });
    expect([one.length, other.length]).toEqual([40, 40]);
    expect([...one, ...other].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 80 }, (_, index) => Math.round(index * 12.5)),
    );
  });

  it('share no burst and no phase of a device', async () => {
    const burst = { kind: 'burst', rateHz: 0, requests: 7, everyMs: 500 } as const;
    const ofBurst = await Promise.all(
      [0, 1].map((part) => timesOf({ ...JOB, part, parts: 2, cell: { ...JOB.cell, load: burst } })),
    );
    expect(ofBurst.flat()).toHaveLength(2 * 7 * 2);
    const devices = { kind: 'devices', devices: 3, rateHz: 2 } as const;
    const [one, other] = await Promise.all(
      [0, 1].map((part) => timesOf({ ...JOB, part, parts: 2, cell: { ...JOB.cell, load: devices } })),
    );
    expect([one.length, other.length]).toEqual([12, 12]);
    expect(one.slice(0, 6)).not.toEqual(other.slice(0, 6));
  });
});
