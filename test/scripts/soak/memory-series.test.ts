import { MemorySeries } from '../../../scripts/soak/memory-series';

function series(mbAt: (at: number) => number): MemorySeries {
  const samples = new MemorySeries();
  for (let at = 1; at <= 1000; at += 1) samples.add(at, mbAt(at));
  return samples;
}

it('finds the slope of memory that grows, in megabytes for each that is counted', () => {
  expect(series((at) => 100 + at / 50).slope(0)).toBeCloseTo(0.02, 6);
});

it('finds no slope in memory that comes and goes', () => {
  expect(Math.abs(series((at) => 100 + (at % 10)).slope(0))).toBeLessThan(0.001);
});

it('leaves out of the slope what was before it', () => {
  expect(series((at) => (at < 300 ? at : 300)).slope(300)).toBe(0);
});

it('gives the mean of each tenth', () => {
  expect(series((at) => at).tenths()[0]).toBeCloseTo(50.5, 6);
  expect(series((at) => at).tenths()[9]).toBeCloseTo(950.5, 6);
});
