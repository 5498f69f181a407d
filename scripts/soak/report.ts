/** Prints what a long run finds, a line each, and knows whether all of it held. */
export class Report {
  private failed = false;

  say(label: string, text: string): void {
    process.stdout.write(`${label.padEnd(40)} ${text}\n`);
  }

  /** A figure and whether it is as it has to be. */
  verdict(label: string, holds: boolean, text: string): void {
    this.say(label, `${text}  ${holds ? 'ok' : 'NOT SO'}`);
    this.failed ||= !holds;
  }

  get exitCode(): number {
    return this.failed ? 1 : 0;
  }
}
