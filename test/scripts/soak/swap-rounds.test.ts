import { MarkedPipeline } from '../../../scripts/soak/marked-pipeline';
import { runSwaps } from '../../../scripts/soak/swap-rounds';
import { startServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

it.each([
  ['auto', 6, 3],
  ['worker', 3, 0],
] as const)(
  'loses nothing and mixes no versions while documents, models and code are swapped under load (execution: %s)',
  async (execution, swaps, spoils) => {
    const pipeline = new MarkedPipeline(temporaryFolder(), execution);
    const { server, grpc, http } = await startServer([pipeline.document]);
    const { requests, swapped, refused, faults } = await runSwaps(pipeline, {
      grpc,
      http,
      swaps,
      spoils,
    });
    expect(faults).toEqual([]);
    // What was mended is loaded again as well.
    expect([swapped, refused]).toEqual([swaps + spoils, spoils]);
    expect(requests).toBeGreaterThan(100);
    await server.stop();
  },
  60_000,
);
