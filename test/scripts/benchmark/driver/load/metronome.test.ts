import { Metronome } from '../../../../../scripts/benchmark/driver/load/metronome';

describe('Metronome', () => {
  let metronome: Metronome | undefined;
  afterEach(() => metronome?.stop());

  /** The time of each tick, until there are so many. */
  function ticks(count: number, onTick: (ticked: number) => void = () => undefined): Promise<number[]> {
    return new Promise((resolve) => {
      const times: number[] = [];
      metronome = new Metronome(() => {
        times.push(performance.now());
        onTick(times.length);
        if (times.length === count) resolve(times);
      });
    });
  }

  it('calls back at each time that is set, never before it', async () => {
    const due: number[] = [];
    const set = (): void => {
      due.push(performance.now() + 0.7);
      metronome?.wakeAt(due.at(-1)!);
    };
    const times = ticks(50, set);
    set();
    // A few microseconds are what two clocks of one machine differ by.
    (await times).forEach((time, index) => expect(time).toBeGreaterThanOrEqual(due[index] - 0.05));
  });

  it('forgets a time for one that is set later', async () => {
    const times = ticks(1);
    metronome!.wakeAt(performance.now() + 60_000);
    metronome!.wakeAt(performance.now() + 1);
    expect(await times).toHaveLength(1);
  });

  it('calls back at once for a time that has passed, and once only', async () => {
    let later = 0;
    const times = ticks(1, () => (later += 1));
    metronome!.wakeAt(performance.now() - 5);
    await times;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(later).toBe(1);
  });

  it('does not call back after it is stopped', async () => {
    const ticked = jest.fn();
    const stopped = new Metronome(ticked);
    stopped.wakeAt(performance.now() + 20);
    await stopped.stop();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ticked).not.toHaveBeenCalled();
  });
});
