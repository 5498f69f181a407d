import { createSchedule, type OpenLoad } from '../schedule/create-schedule';
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
      schedule: createSchedule(ofAllParts(load, job.parts), {
        client: lane.index * job.parts + job.part,
        clients: clients * job.parts,
        warmUpMs: job.warmUpMs,
        requests,
        seed: job.seed,
      }),
    })),
  );
}

/** What the machines send together, each of them as much as its profile says. */
function ofAllParts(load: OpenLoad, parts: number): OpenLoad {
  if (load.kind === 'rate') return { ...load, rateHz: load.rateHz * parts };
  if (load.kind !== 'burst') return load;
  return { ...load, rateHz: load.rateHz * parts, requests: load.requests * parts };
}
