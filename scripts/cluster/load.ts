import { InferenceClient } from '../../runtime/client';

/** A window of a wrist at rest. */
const WINDOW = Int16Array.from({ length: 27 }, (_, index) => [-248, -47, -77][index % 3] ?? 0);

/** Whether a single request is answered. */
export async function isAnswered(address: string): Promise<boolean> {
  const client = new InferenceClient({ address, pipeline: 'fall-detection', reconnect: { maxAttempts: 0 } });
  try {
    await client.predict({ array: { dtype: 'int16', shape: [9, 3], data: WINDOW } }, { timeoutMs: 2000 });
    return true;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

/** Sends requests until it is stopped, and counts their outcomes. */
export class Load {
  answered = 0;
  readonly failures: string[] = [];
  private readonly client: InferenceClient;
  private readonly loops: Promise<void>[];
  private stopping = false;

  /** @param inFlight requests that are under way at a time */
  constructor(address: string, inFlight: number) {
    this.client = new InferenceClient({ address, pipeline: 'fall-detection' });
    this.loops = Array.from({ length: inFlight }, () => this.loop());
  }

  /** Ends it once every request that was sent has its answer or its failure. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops);
    this.client.close();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.client.predict(
          { array: { dtype: 'int16', shape: [9, 3], data: WINDOW } },
          { timeoutMs: 30_000 },
        );
        this.answered += 1;
      } catch (error) {
        this.failures.push(String(error));
        // A server that refuses at once would be asked a million times.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
