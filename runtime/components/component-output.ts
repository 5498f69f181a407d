import { AsyncLocalStorage } from 'node:async_hooks';
import { StringDecoder } from 'node:string_decoder';

export type OutputStream = 'stdout' | 'stderr';

/** Takes one line that a component has written. */
export type OutputListener = (component: string, stream: OutputStream, text: string) => void;

/** Longest line in characters; a longer one is cut into several. */
const MAX_LINE_LENGTH = 8192;
/** Lines a second of all components of a thread; beyond it the rest of the second is left out, which one line says. */
const MAX_LINES_PER_SECOND = 100;

/**
 * Takes what the components of this thread write (`console.*`, `process.stdout`, `process.stderr`) and gives it out line by
 * line, each with the component that wrote it, also where it was written after its step had ended.
 */
export class ComponentOutput {
  private readonly current = new AsyncLocalStorage<string>();
  private readonly unfinished = new Map<string, { decoder: StringDecoder; text: string }>();
  private secondStartMs = 0;
  private linesInSecond = 0;

  constructor(private readonly listener: OutputListener) {
    this.capture('stdout');
    this.capture('stderr');
  }

  /** Runs a component's code; what it writes from there on is the component's. */
  run<T>(component: string, code: () => T): T {
    return this.current.run(component, code);
  }

  /** Gives out what has no line break yet. */
  flush(): void {
    for (const [key, line] of this.unfinished) {
      if (line.text !== '') this.say(key, line.text);
      line.text = '';
    }
  }

  private capture(stream: OutputStream): void {
    const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
      const bytes =
        typeof chunk === 'string'
          ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
          : (chunk as Uint8Array);
      this.take(`${stream} ${this.current.getStore() ?? ''}`, bytes);
      const callback = [encoding, done].find((argument) => typeof argument === 'function');
      if (callback !== undefined) process.nextTick(callback);
      return true;
    };
    process[stream].write = write;
  }

  private take(key: string, bytes: Uint8Array): void {
    let line = this.unfinished.get(key);
    if (line === undefined)
      this.unfinished.set(key, (line = { decoder: new StringDecoder('utf8'), text: '' }));
    const lines = (line.text + line.decoder.write(Buffer.from(bytes))).split(/\r?\n/);
    line.text = lines.pop() ?? '';
    for (const text of lines) this.say(key, text);
    for (; line.text.length > MAX_LINE_LENGTH; line.text = line.text.slice(MAX_LINE_LENGTH)) {
      this.say(key, line.text.slice(0, MAX_LINE_LENGTH));
    }
  }

  private say(key: string, text: string): void {
    const nowMs = performance.now();
    if (nowMs - this.secondStartMs >= 1000) {
      this.secondStartMs = nowMs;
      this.linesInSecond = 0;
    }
    this.linesInSecond += 1;
    if (this.linesInSecond > MAX_LINES_PER_SECOND + 1) return;
    const isFirstTooMany = this.linesInSecond > MAX_LINES_PER_SECOND;
    const [stream, component] = key.split(/ (.*)/s) as [OutputStream, string];
    const said = isFirstTooMany
      ? `more than ${MAX_LINES_PER_SECOND} lines in one second: the rest of this second is left out`
      : text.slice(0, MAX_LINE_LENGTH);
    this.listener(component, stream, said);
  }
}
