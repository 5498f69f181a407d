import { type Command } from 'commander';
import { DEFAULT_CONNECTION_OPTIONS as DEFAULTS } from '../config/connection-options';
import { option } from '../../contracts/program/run-program';

/** Options of `mis serve` that bound its gRPC connections. */
export function addConnectionFlags(command: Command): void {
  command
    .addOption(
      option(
        '--keepalive-time <duration>',
        'silence after which a client is asked whether it is there',
      ).default(DEFAULTS.keepaliveTime),
    )
    .addOption(
      option('--keepalive-timeout <duration>', 'longest wait for its answer').default(
        DEFAULTS.keepaliveTimeout,
      ),
    )
    .addOption(
      option('--min-ping-interval <duration>', 'how often a client may ping that is sent nothing').default(
        DEFAULTS.minPingInterval,
      ),
    )
    .addOption(
      option(
        '--max-connection-age <duration>',
        'age at which a connection ends, so that clients spread anew; off: never',
      ).default(DEFAULTS.maxConnectionAge),
    )
    .addOption(
      option('--max-connection-age-grace <duration>', 'longest wait for its streams then').default(
        DEFAULTS.maxConnectionAgeGrace,
      ),
    )
    .addOption(
      option('--max-connection-idle <duration>', 'closes a connection without streams; off: never').default(
        DEFAULTS.maxConnectionIdle,
      ),
    )
    .addOption(
      option('--max-connections <count>', 'most connections at once').default(DEFAULTS.maxConnections),
    )
    .addOption(
      option('--max-streams <count>', 'most streams of one connection at once').default(DEFAULTS.maxStreams),
    )
    .addOption(
      option('--unread-timeout <duration>', 'resets a stream whose client takes none of its answers').default(
        DEFAULTS.unreadTimeout,
      ),
    )
    .addOption(
      option(
        '--max-unread <size>',
        'most bytes of answers that all clients together have not taken, e.g. 64MiB',
      ).default(DEFAULTS.maxUnread),
    );
}
