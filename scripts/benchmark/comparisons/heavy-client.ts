import { InferenceClient } from '../../../runtime/client';
import { paintPanel } from '../../pictures/painted-panel';

// Sends batches of 16 pictures to the scratch-detection pipeline at an address, one after the other, until SIGTERM.

const BATCH = 16;

async function main(address: string): Promise<void> {
  const panels = [1, 2, 3, 4].map((seed) => paintPanel({ seed, scratches: seed % 4 }).pixels);
  const data = new Uint8Array(
    Buffer.concat(Array.from({ length: BATCH }, (_, i) => panels[i % panels.length])),
  );
  const client = new InferenceClient({ address, pipeline: 'scratch-detection' });
  const array = { dtype: 'uint8' as const, shape: [BATCH, 900, 1200, 3], data };
  process.stderr.write(`${JSON.stringify({ msg: 'ready', grpc: address, http: '' })}\n`);
  for (;;) await client.predict({ array });
}

process.on('SIGTERM', () => process.exit(0));
void main(process.argv[2]);
