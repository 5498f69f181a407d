/** Figures that others published for the same load; what they measured on is not what our runs measure on. */
export interface PublishedFigure {
  readonly profile: 'fall-detection';
  readonly clients: number;
  readonly devices: number;
  readonly deployment: string;
  /** Milliseconds; undefined where the source gives none. */
  readonly latency?: {
    readonly p5?: number;
    readonly median: number;
    readonly p95: number;
    readonly max: number;
  };
  /** What the source says instead of figures. */
  readonly outcome?: string;
  readonly source: string;
  readonly machine: string;
}

const SOURCE = 'the published system, load experiments of fall detection';
const MACHINE = 'a Kubernetes cluster that is not described with these figures';

export const PUBLISHED_FIGURES: readonly PublishedFigure[] = [
  {
    profile: 'fall-detection',
    clients: 16,
    devices: 160,
    deployment: '1 pod',
    outcome: 'failed under this load',
    source: SOURCE,
    machine: MACHINE,
  },
  {
    profile: 'fall-detection',
    clients: 16,
    devices: 160,
    deployment: '4 pods behind a load balancer',
    latency: { median: 3.62, p95: 39.3, max: 462 },
    source: SOURCE,
    machine: MACHINE,
  },
];
