/** Progress of a run, reported about four times a second. */
export interface RunProgress {
  /** Number of the measurement, from 1, and how many there are. */
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

interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const LOG_INTERVAL_MS = 5_000;
const ERASE_LINE = '\r\u001b[K';

/** Shows progress: one line that is updated on a terminal; elsewhere a line every few seconds. */
export class ProgressDisplay {
  private shown = '';
  private loggedMs = -Infinity;

  constructor(
    private readonly output: ProgressOutput,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  update(progress: RunProgress): void {
    const line = formatProgress(progress);
    if (this.output.isTTY) {
      this.output.write(`${ERASE_LINE}${line.slice(0, Math.max(1, (this.output.columns ?? 80) - 1))}`);
      this.shown = line;
      return;
    }
    const place = `${progress.cell} ${progress.phase}`;
    if (place === this.shown && this.nowMs() - this.loggedMs < LOG_INTERVAL_MS) return;
    this.shown = place;
    this.loggedMs = this.nowMs();
    this.output.write(`${line}\n`);
  }

  /** Keeps the last line and starts a new one. */
  end(): void {
    if (this.output.isTTY && this.shown !== '') this.output.write('\n');
    this.shown = '';
  }

  /** Writes a permanent line. */
  say(text: string): void {
    if (this.output.isTTY && this.shown !== '') this.output.write(ERASE_LINE);
    this.output.write(`${text}\n`);
    if (this.output.isTTY) this.shown = '';
  }
}

function formatProgress(progress: RunProgress): string {
  const { cell, cells, label, phase, elapsedSeconds, totalSeconds, sent, answered, failed, inFlight } =
    progress;
  const head = `[${cell}/${cells}] ${label}: ${phase}`;
  if (phase === 'connecting') return head;
  const time = `${Math.min(elapsedSeconds, totalSeconds).toFixed(0)}/${totalSeconds.toFixed(0)} s`;
  const failures = failed > 0 ? `, ${failed} failed` : '';
  return `${head} ${time}, ${sent} sent, ${answered} answered${failures}, ${inFlight} in flight`;
}
