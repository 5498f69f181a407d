import { createSchedule } from '../schedule/create-schedule';
import { ClosedLoop } from './closed-loop';
import { type Lane } from './lane';
import { type LoadJob } from './load-job';
import { OpenLoop } from './open-loop';
import { type Pacer } from './pacer';

/** The pacer of a job's load. */
export function createPacer(job: LoadJob, requests: number, lanes: readonly Lane[]): Pacer {
  const { load, clients } = job.cell;
  if (load.kind === 'closed') return new ClosedLoop(lanes, load.inFlight, requests);
  return new OpenLoop(
    lanes.map((lane) => ({
      lane,
      schedule: createSchedule(load, {
        client: lane.index,
        clients,
        warmUpMs: job.warmUpMs,
        requests,
        seed: job.seed,
      }),
    })),
  );
}
