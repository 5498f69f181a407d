import { type Measurement } from '../../../../contracts/benchmark/run-results';

/** Whether a measurement counts, and why not. */
export function verdictOf({ invalid }: Measurement): { readonly text: string; readonly invalid: boolean } {
  return invalid.length === 0
    ? { text: 'yes', invalid: false }
    : { text: `no: ${invalid.join('; ')}`, invalid: true };
}
