/** How the numbers of a panel are written. */
export type Unit = 's' | 'reqps' | 'percentunit' | 'bytes' | 'Bps' | 'short';

/** One graph of a dashboard: its queries by the legend that they get. */
export interface Panel {
  readonly title: string;
  /** What the graph shows, for the reader. */
  readonly description: string;
  readonly unit: Unit;
  /** Legend (Grafana's `{{label}}` is filled in) → PromQL. */
  readonly queries: Readonly<Record<string, string>>;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}
