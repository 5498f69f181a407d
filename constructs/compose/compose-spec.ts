/** The part of the Compose specification that this package writes, in its own spelling. */
export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, object>>;
}

export interface ComposeService {
  readonly image: string;
  readonly platform?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly user: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: 'host';
  readonly pid?: 'host';
  readonly ports?: readonly string[];
  readonly volumes?: readonly ComposeMount[];
  readonly tmpfs?: readonly string[];
  readonly read_only: true;
  readonly cap_drop: readonly ['ALL'];
  readonly security_opt: readonly ['no-new-privileges:true'];
  readonly init?: true;
  readonly restart: 'unless-stopped';
  readonly cpus: number;
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly stop_grace_period?: string;
  readonly healthcheck?: HealthCheck;
  readonly logging: { readonly driver: 'json-file'; readonly options: Readonly<Record<string, string>> };
  readonly deploy?: {
    readonly resources: { readonly reservations: { readonly devices: readonly Device[] } };
  };
}

export interface HealthCheck {
  readonly test: readonly ['CMD', ...string[]];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly start_period: string;
  readonly start_interval: string;
}

export type ComposeMount =
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly target: string;
      readonly read_only: true;
      readonly bind: { readonly create_host_path: false; readonly propagation?: 'rslave' };
    }
  | { readonly type: 'volume'; readonly source: string; readonly target: string };

interface Device {
  readonly driver: 'nvidia';
  readonly count: number;
  readonly capabilities: readonly ['gpu'];
}

/** A file or folder beside the compose file. A missing one is an error, not an empty folder. */
export function mounted(source: string, target: string): ComposeMount {
  return { type: 'bind', source, target, read_only: true, bind: { create_host_path: false } };
}

/** Compose expands `$NAME`; a literal dollar is doubled. */
export function escapeDollars<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$')) as T;
}
