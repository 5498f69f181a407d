import { ProgressDisplay, type RunProgress } from '../../../../scripts/benchmark/driver/progress-display';

const PROGRESS: RunProgress = {
  ...{ cell: 2, cells: 15, label: '4 clients × 10 devices × 2/s', phase: 'measuring' },
  ...{ elapsedSeconds: 5.4, totalSeconds: 12, sent: 432, answered: 430, failed: 0, inFlight: 2 },
};

function display(options: { isTTY?: boolean; columns?: number } = {}): {
  written: string[];
  clock: { nowMs: number };
  shown: ProgressDisplay;
} {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const output = { ...options, write: (text: string) => written.push(text) };
  return { written, clock, shown: new ProgressDisplay(output, () => clock.nowMs) };
}

describe('ProgressDisplay', () => {
  it('writes one line anew on a terminal, not beyond its width, and clears it for what stays', () => {
    const { written, shown } = display({ isTTY: true, columns: 30 });
    shown.update(PROGRESS);
    shown.say('warning: x');
    shown.update({ ...PROGRESS, cell: 3 });
    expect(written).toEqual([
      '\r\u001b[K[2/15] 4 clients × 10 devices',
      '\r\u001b[K',
      'warning: x\n',
      '\r\u001b[K[3/15] 4 clients × 10 devices',
    ]);
  });

  it('writes a line for each phase elsewhere, and now and then', () => {
    const { written, clock, shown } = display();
    for (; clock.nowMs <= 6_000; clock.nowMs += 250) shown.update(PROGRESS);
    shown.update({ ...PROGRESS, phase: 'draining', failed: 3 });
    expect(written).toEqual([
      '[2/15] 4 clients × 10 devices × 2/s: measuring 5/12 s, 432 sent, 430 answered, 2 in flight\n',
      '[2/15] 4 clients × 10 devices × 2/s: measuring 5/12 s, 432 sent, 430 answered, 2 in flight\n',
      '[2/15] 4 clients × 10 devices × 2/s: draining 5/12 s, 432 sent, 430 answered, 3 failed, 2 in flight\n',
    ]);
  });
});
