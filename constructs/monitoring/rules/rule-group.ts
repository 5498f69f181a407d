/** A query whose result Prometheus stores under a name. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A query whose results are alerts. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold, e.g. `5m`. */
  readonly for: string;
  readonly labels: { readonly severity: 'critical' | 'warning' } & Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** Rules that are evaluated together. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}
