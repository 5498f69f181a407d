/** Estimate of the size of a pipeline's answers in bytes: close to the largest of the last ones. */
export class AnswerSize {
  usual = 0;

  observe(bytes: number): void {
    // Up at once, down slowly: an estimate that is too low costs memory.
    this.usual = bytes > this.usual ? bytes : this.usual - (this.usual - bytes) / 16;
  }
}
