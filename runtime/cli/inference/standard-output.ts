import { once } from 'node:events';

/** Where a run writes: answers, and what is said about them. */
export interface InferenceOutput {
  /** Resolves to false when nobody reads the answers any more. */
  answer(line: string): Promise<boolean>;
  remark(line: string): void;
}

/** Answers on standard output, no faster than they are read; remarks on standard error. */
export function standardOutput(): InferenceOutput & { close(): void } {
  let closed = false;
  // A reader that has seen enough, `head` for one, closes the pipe: no failure.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
    process.stdout.emit('drain');
  };
  process.stdout.on('error', onError);
  return {
    async answer(line) {
      if (!closed && !process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
      return !closed;
    },
    remark: (line) => process.stderr.write(`${line}\n`),
    close() {
      // After a broken pipe another error may still come from what was written before.
      if (!closed) process.stdout.off('error', onError);
    },
  };
}
