/** What the answers of a pipeline usually hold, in bytes: the largest of late. */
export class AnswerSize {
  usual = 0;

  observe(bytes: number): void {
    // Up at once, down slowly: too little is what costs memory.
    this.usual = bytes > this.usual ? bytes : this.usual - (this.usual - bytes) / 16;
  }
}
