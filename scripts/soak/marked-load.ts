import { InferenceClient } from '../../runtime/client';
import { answerOf, type Mark } from './marked-pipeline';

const VALUES = 97;
const IN_FLIGHT = 16;

export interface MarkedLoadOptions {
  /** Whether requests that were sent and not answered are sent again when their connection is lost. @default false */
  readonly resend?: boolean;
  /** Rest of each stream after a burst of requests, in milliseconds. @default 0 */
  readonly pauseMs?: number;
}

/** Streams of requests to a {@link MarkedPipeline} that go on through its swaps; every answer is looked at. */
export class MarkedLoad {
  sent = 0;
  answered = 0;
  /** Longest time between two answers of any stream. */
  longestSilenceMs = 0;
  private lastMs = performance.now();
  /** What was not as it has to be; the first few. */
  readonly faults: string[] = [];
  private stopping = false;
  private readonly marks: Mark[] = [];
  /** Of each stream: which mark its last answer had. */
  private readonly latest: number[];
  private readonly done: Promise<void>[];

  constructor(
    private readonly address: string,
    first: Mark,
    streams: number,
    private readonly options: MarkedLoadOptions = {},
  ) {
    this.marks.push(first);
    this.latest = Array.from({ length: streams }, () => 0);
    this.done = this.latest.map((_, index) => this.run(index));
  }

  /** Another version may answer from now on. */
  allow(mark: Mark): void {
    this.marks.push(mark);
  }

  /** Whether every stream is answered by the last version that was allowed. */
  get isCurrent(): boolean {
    return this.latest.every((index) => index === this.marks.length - 1);
  }

  /** Sends no more, waits for the answers and closes. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.done);
    if (this.sent !== this.answered) this.fault(`${this.sent} sent, ${this.answered} answered`);
  }

  private async run(stream: number): Promise<void> {
    const client = new InferenceClient({
      address: this.address,
      pipeline: 'marked',
      maxInFlight: IN_FLIGHT,
      reconnect: { resend: this.options.resend ?? false },
    });
    try {
      for await (const { index, outputs, error } of client.stream(this.requests())) {
        this.answered += 1;
        this.longestSilenceMs = Math.max(this.longestSilenceMs, performance.now() - this.lastMs);
        this.lastMs = performance.now();
        if (error === undefined) this.check(stream, index % VALUES, Number(outputs.y.data[0]));
        else this.fault(`request ${index} of stream ${stream}: ${error.message}`);
      }
    } catch (error) {
      this.fault(`stream ${stream}: ${String(error)}`);
    } finally {
      client.close();
    }
  }

  private async *requests() {
    const { pauseMs = 0 } = this.options;
    for (let index = 0; !this.stopping; index += 1) {
      if (pauseMs > 0 && index % IN_FLIGHT === 0)
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      this.sent += 1;
      yield { x: { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(index % VALUES) } };
    }
  }

  /** An answer is of one version, and never of one before that of the answer before. */
  private check(stream: number, x: number, answer: number): void {
    const from = this.latest[stream];
    const offset = this.marks.slice(from).findIndex((mark) => answerOf(mark, x) === answer);
    if (offset >= 0) {
      this.latest[stream] = from + offset;
      return;
    }
    const allowed = this.marks.slice(from).map((mark) => answerOf(mark, x));
    this.fault(`stream ${stream}: ${answer} for ${x}; of one version it would be ${allowed.join(' or ')}`);
  }

  private fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text);
  }
}
