/** How far a run is; told about four times a second. */
export interface RunProgress {
  /** Which measurement of the profile, from 1, of how many. */
  readonly cell: number;
  readonly cells: number;
  /** What is measured, such as `4 clients × 40 devices`. */
  readonly label: string;
  readonly phase: 'connecting' | 'warming up' | 'measuring' | 'draining';
  /** Since the start of the load, and how long it lasts with its warm-up. */
  readonly elapsedSeconds: number;
  readonly totalSeconds: number;
  /** Since the start of the load, warm-up included. */
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly inFlight: number;
}
