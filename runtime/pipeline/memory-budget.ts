/** Memory that requests hold beyond what they brought: decoded pictures, for the time being. */
export class MemoryBudget {
  private held = 0;
  private readonly waiting: { readonly bytes: number; readonly resume: () => void }[] = [];

  /** @param maxBytes most that all requests hold together; one that needs more is let in when it is alone */
  constructor(private readonly maxBytes: number) {}

  /** What one request holds; `release` must follow. */
  lease(): MemoryLease {
    return new MemoryLease(this);
  }

  /** Resolves once there is room, in the order of the calls. */
  async take(bytes: number): Promise<void> {
    if (this.waiting.length === 0 && this.hasRoom(bytes)) {
      this.held += bytes;
      return;
    }
    await new Promise<void>((resume) => this.waiting.push({ bytes, resume }));
  }

  give(bytes: number): void {
    this.held -= bytes;
    for (let next = this.waiting[0]; next !== undefined && this.hasRoom(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.held += next.bytes;
      next.resume();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.maxBytes;
  }
}

/** One request's part of a budget. It takes at most once, so that requests never wait for each other. */
export class MemoryLease {
  private bytes = 0;

  constructor(private readonly budget: MemoryBudget) {}

  readonly reserve = async (bytes: number): Promise<void> => {
    if (this.bytes > 0) throw new Error('a request reserves memory once');
    await this.budget.take(bytes);
    this.bytes = bytes;
  };

  release(): void {
    if (this.bytes > 0) this.budget.give(this.bytes);
    this.bytes = 0;
  }
}
