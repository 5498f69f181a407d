import { type RunProgress } from './run-progress';

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const LOG_INTERVAL_MS = 5_000;
const ERASE_LINE = '\r\u001b[K';

/** Shows how far a run is: one line that is written anew on a terminal; elsewhere a line now and then. */
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

  /** Leaves the line that was shown last, and begins a new one. */
  end(): void {
    if (this.output.isTTY && this.shown !== '') this.output.write('\n');
    this.shown = '';
  }

  /** A line that stays. */
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
