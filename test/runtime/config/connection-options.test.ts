import { compileRuntimeOptions } from '../../../runtime/config/runtime-options';

const PATHS = { paths: ['a.yaml'] };

describe('options of connections', () => {
  it('have defaults that end no connection that is there', () => {
    expect(compileRuntimeOptions(PATHS).connections).toEqual({
      keepaliveTimeMs: 60_000,
      keepaliveTimeoutMs: 20_000,
      minPingIntervalMs: 5_000,
      maxAgeMs: Infinity,
      ageGraceMs: 30_000,
      maxIdleMs: Infinity,
      maxConnections: 10_000,
      maxStreams: 1000,
      unreadTimeoutMs: 60_000,
      maxUnreadBytes: 512 * 2 ** 20,
    });
  });

  it('take durations and whole numbers', () => {
    const { connections } = compileRuntimeOptions({
      ...PATHS,
      keepaliveTime: '10s',
      maxConnectionAge: '1h',
      maxConnectionIdle: '5m',
      maxStreams: '20',
    });
    expect(connections).toMatchObject({
      keepaliveTimeMs: 10_000,
      maxAgeMs: 3_600_000,
      maxIdleMs: 300_000,
      maxStreams: 20,
    });
  });

  it.each([
    [{ keepaliveTime: '0s' }, "--keepalive-time: must be more than 0 and at most 24 days, got '0s'"],
    [
      { keepaliveTimeout: '999h' },
      "--keepalive-timeout: must be more than 0 and at most 24 days, got '999h'",
    ],
    [
      { maxConnectionAge: 'never' },
      "--max-connection-age: must be a number with a unit (ms, s, m, h), e.g. 30s, or 'off', got 'never'",
    ],
    [{ unreadTimeout: 'off' }, '--unread-timeout: must be a number with a unit'],
    [{ maxUnread: '64' }, "--max-unread: must be at least 1MiB, got '64'"],
    [
      { maxUnread: '64XB' },
      '--max-unread: must be a size above 0 such as 64MiB or 500MB (units: B, kB, MB, GB, KiB, MiB, GiB)',
    ],
    [{ maxUnread: '64B' }, "--max-unread: must be at least 1MiB, got '64B'"],
    [{ maxStreams: '1.5' }, "--max-streams: must be a whole number from 1 to 2147483647, got '1.5'"],
    [{ maxConnections: '0' }, "--max-connections: must be a whole number from 1 to 1000000, got '0'"],
  ])('refuse %j', (options, message) => {
    expect(() => compileRuntimeOptions({ ...PATHS, ...options })).toThrow(message);
  });
});
