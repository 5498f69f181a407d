/** A deployment that the experiments measure: inference servers of this machine, with or without Envoy in front. */
export interface Topology {
  /** Short name, for `--only`. */
  readonly id: string;
  /** What it is called in the results. */
  readonly name: string;
  readonly processes: number;
  readonly balanced: boolean;
}

/** As in the published experiments one, two and four servers; and one without Envoy, to see what Envoy itself costs. */
export const TOPOLOGIES: readonly Topology[] = [
  { id: '1-process', name: '1 process', processes: 1, balanced: false },
  { id: '1-envoy', name: '1 process behind Envoy', processes: 1, balanced: true },
  { id: '2-envoy', name: '2 processes behind Envoy', processes: 2, balanced: true },
  { id: '4-envoy', name: '4 processes behind Envoy', processes: 4, balanced: true },
];
