import { type Resources } from '../workload/resources';
import { type ComposeService } from './compose-spec';

type Hardening = Pick<
  ComposeService,
  | 'user'
  | 'read_only'
  | 'cap_drop'
  | 'security_opt'
  | 'restart'
  | 'cpus'
  | 'mem_limit'
  | 'pids_limit'
  | 'logging'
>;

/** What every container has: a numeric user, a read-only root, no capabilities, limits, and bounded logs. */
export function hardened(user: number, resources: Resources): Hardening {
  return {
    user: `${user}:${user}`,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
    cpus: resources.cpus,
    mem_limit: `${resources.memory.toMebibytes()}m`,
    pids_limit: 256,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  };
}
