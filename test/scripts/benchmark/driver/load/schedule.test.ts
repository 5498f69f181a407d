import { createSchedule, type Schedule } from '../../../../../scripts/benchmark/driver/load/schedule';

const PLACE = { client: 0, clients: 1, warmUpMs: 0, requests: 100, seed: 1 };

/** What is due before `untilMs`, in the order in which it is taken. */
function due(schedule: Schedule, untilMs: number): { atMs: number; request: number }[] {
  const taken: { atMs: number; request: number }[] = [];
  while (schedule.nextDueMs < untilMs) taken.push({ atMs: schedule.nextDueMs, request: schedule.take() });
  return taken;
}

function expectInOrder(times: readonly { atMs: number }[]): void {
  times.forEach(({ atMs }, index) => expect(atMs).toBeGreaterThanOrEqual(times[index - 1]?.atMs ?? 0));
}

describe('a schedule of devices', () => {
  const load = { kind: 'devices', devices: 5, rateHz: 2 } as const;

  it('lets each device send at its rate with a phase of its own, and play on from a place of its own', () => {
    const all = due(createSchedule(load, PLACE), 5_000);
    expectInOrder(all);
    expect(all).toHaveLength(50);
    const first = all.slice(0, 5);
    expect(new Set(first.map(({ atMs }) => atMs)).size).toBe(5);
    for (const [device, start] of first.entries()) {
      const own = all.filter((_, index) => index % 5 === device);
      own.forEach(({ atMs, request }, round) => {
        expect(atMs).toBeCloseTo(start.atMs + 500 * round, 6);
        expect(request).toBe((start.request + round) % PLACE.requests);
      });
    }
  });

  it('is the same for the same seed, and another for another client or seed', () => {
    const times = (place: Partial<typeof PLACE>): number[] =>
      due(createSchedule(load, { ...PLACE, ...place }), 1_000).map(({ atMs }) => atMs);
    expect(times({})).toEqual(times({}));
    expect(times({ client: 1, clients: 2 })).not.toEqual(times({}));
    expect(times({ seed: 2 })).not.toEqual(times({}));
  });
});

describe('a schedule of a rate', () => {
  it('spreads the requests of all clients evenly', () => {
    const load = { kind: 'rate', rateHz: 100 } as const;
    const all = [0, 1, 2, 3]
      .flatMap((client) => due(createSchedule(load, { ...PLACE, client, clients: 4 }), 1_000))
      .map(({ atMs }) => atMs)
      .sort((a, b) => a - b);
    expect(all).toHaveLength(100);
    all.forEach((atMs, index) => expect(atMs).toBeCloseTo(10 * index, 6));
  });
});

describe('a schedule of bursts', () => {
  it('shares each burst among the clients, and one is when measuring begins', () => {
    const load = { kind: 'burst', rateHz: 0, requests: 10, everyMs: 400 } as const;
    const perClient = [0, 1, 2].map((client) =>
      due(createSchedule(load, { ...PLACE, client, clients: 3, warmUpMs: 1_000 }), 1_500),
    );
    const all = perClient.flat();
    expect(perClient.map((own) => own.length)).toEqual([16, 12, 12]);
    expect([...new Set(all.map(({ atMs }) => atMs))]).toEqual([200, 600, 1_000, 1_400]);
  });

  it('goes on at a rate between the bursts', () => {
    const load = { kind: 'burst', rateHz: 10, requests: 5, everyMs: 1_000 } as const;
    const all = due(createSchedule(load, PLACE), 1_000);
    expectInOrder(all);
    expect(all.filter(({ atMs }) => atMs === 0)).toHaveLength(6);
    expect(all).toHaveLength(15);
  });

  it('has nothing to send for a client that no request of a burst is left for', () => {
    const load = { kind: 'burst', rateHz: 0, requests: 2, everyMs: 100 } as const;
    expect(createSchedule(load, { ...PLACE, client: 2, clients: 3 }).nextDueMs).toBe(Infinity);
  });
});

describe('a schedule of scans', () => {
  const load = { kind: 'scans', images: [50, 300], batch: 16, everyMs: 180_000, withinMs: 0 } as const;

  it('sends scans of fifty to three hundred images every three minutes in whole batches', () => {
    const all = due(createSchedule(load, { ...PLACE, warmUpMs: 2_000 }), 3_600_000);
    const scans = group(all);
    expect([...scans.keys()].slice(0, 3)).toEqual([2_000, 182_000, 362_000]);
    expect(scans.size).toBe(20);
    const batches = [...scans.values()].map((scan) => scan.length);
    expect(Math.min(...batches)).toBeGreaterThanOrEqual(Math.ceil(50 / 16));
    expect(Math.max(...batches)).toBeLessThanOrEqual(Math.ceil(300 / 16));
    expect(new Set(batches).size).toBeGreaterThan(5);
  });

  it('lets clients scan at different times, and images come in one after the other when it takes time', () => {
    const slow = { ...load, withinMs: 60_000, images: [32, 32] as const };
    const all = due(createSchedule(slow, { ...PLACE, client: 1, clients: 2 }), 180_000);
    expect(all.map(({ atMs }) => atMs)).toEqual([90_000, 120_000]);
  });
});

function group<T extends { atMs: number }>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(item.atMs, [...(groups.get(item.atMs) ?? []), item]);
  return groups;
}
