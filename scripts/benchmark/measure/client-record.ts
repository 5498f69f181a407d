import { COARSE_LATENCY, Recorder } from './recorder';

/** What is counted for one client. */
export class ClientRecord {
  answered = 0;
  failed = 0;
  readonly fromDue = new Recorder(COARSE_LATENCY);

  /** @param client index among all clients of the run */
  constructor(readonly client: number) {}
}
