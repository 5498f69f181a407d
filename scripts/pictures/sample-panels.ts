import { type PaintedPanelOptions } from './painted-panel';

export interface SamplePanel {
  readonly name: string;
  readonly options: PaintedPanelOptions;
}

/** Panels with one, two, three and no scratches in turn, the same ones each time. */
export function samplePanels(count: number, firstSeed = 1): SamplePanel[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = firstSeed + i;
    return { name: `panel-${seed}`, options: { seed, scratches: seed % 4 } };
  });
}
