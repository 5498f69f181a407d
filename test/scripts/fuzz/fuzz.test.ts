import { makeCase } from '../../../scripts/fuzz/fuzz-case';
import { writeFuzzPipelines } from '../../../scripts/fuzz/fuzz-pipelines';
import { fuzzServer } from '../../../scripts/fuzz/fuzz-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const SEED = 20_261_124;
const COUNT = 2_000;

it('answers bad bytes, or ends their streams or connections by the book, and serves their neighbour on', async () => {
  const found = await fuzzServer({ seed: SEED, first: 0, count: COUNT });
  expect(found.failures).toEqual([]);
  expect(found.done).toBe(COUNT);
  expect(found.neighbour.faults).toEqual([]);
  expect(found.neighbour.answers).toBeGreaterThan(16);
  expect([found.connectionsLeft, found.exitCode]).toEqual([0, 0]);
  // Cases of all kinds, some of which are fit to be answered.
  const endings = [...found.endings.keys()];
  for (const kind of ['message', 'tensor', 'framing', 'frames'])
    expect(endings).toContainEqual(expect.stringMatching(new RegExp(`^${kind}: `)));
  for (const ending of ['message: status 0', 'framing: status 8', 'frames: GOAWAY', 'frames: answered'])
    expect(endings).toContain(ending);
}, 60_000);

it('makes the same case of the same seed and number, and another of another', () => {
  const { targets } = writeFuzzPipelines(temporaryFolder());
  expect(makeCase(SEED, 5, targets)).toEqual(makeCase(SEED, 5, targets));
  expect(makeCase(SEED, 5, targets)).not.toEqual(makeCase(SEED, 6, targets));
  expect(makeCase(SEED, 5, targets)).not.toEqual(makeCase(SEED + 1, 5, targets));
});
