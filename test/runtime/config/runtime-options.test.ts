import {
  compileConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS,
} from '../../../runtime/config/connection-options';
import { compileRuntimeOptions } from '../../../runtime/config/runtime-options';

describe('compileRuntimeOptions', () => {
  it('fills in the defaults', () => {
    expect(compileRuntimeOptions({ paths: ['a.yaml'] })).toEqual({
      paths: ['a.yaml'],
      grpc: { host: '0.0.0.0', port: 50051 },
      http: { host: '0.0.0.0', port: 9000 },
      components: [],
      repository: undefined,
      trustedKeys: [],
      drainTimeoutMs: 30_000,
      maxMessageBytes: 512 * 1024 * 1024,
      connections: compileConnectionOptions(DEFAULT_CONNECTION_OPTIONS, (_, parse) => parse()),
      logLevel: 'info',
      tls: undefined,
      reload: true,
    });
  });

  it('names every bad option, what it allows and what it got, in one error', () => {
    const compile = (): unknown =>
      compileRuntimeOptions({
        paths: [],
        grpc: 'localhost',
        http: 'localhost:70000',
        drainTimeout: '30',
        logLevel: 'loud',
        tlsCert: 'a.pem',
        reload: 'yes',
      });
    expect(compile).toThrow(
      [
        "--grpc: must be host:port with a port from 0 to 65535 (0: any free one), got 'localhost'",
        "--http: must be host:port with a port from 0 to 65535 (0: any free one), got 'localhost:70000'",
        "--drain-timeout: must be a number with a unit (ms, s, m, h), e.g. 30s, got '30'",
        "--log-level: must be one of trace, debug, info, warn, error, fatal, silent, got 'loud'",
        '--tls-cert, --tls-key: are needed together, got only --tls-cert',
        "--reload: must be one of watch, off, got 'yes'",
        '<path>: needs at least one pipeline document',
      ].join('\n'),
    );
  });

  it.each([
    ['http://repository:9012', 'http://repository:9012'],
    ['https://models.example/base/', 'https://models.example/base'],
    ['repository:9012', 'http://repository:9012'],
  ])('takes %s for a repository', (repository, url) => {
    expect(compileRuntimeOptions({ paths: ['a'], repository }).repository).toEqual({
      url,
      tokenFile: undefined,
    });
  });

  it.each([
    [
      { repository: 'ftp://models' },
      "--repository: must be the base URL of a repository, e.g. http://repository:9012, got 'ftp://models'",
    ],
    [{ repositoryTokenFile: 'token' }, '--repository: is needed with --repository-token-file, got none'],
  ])('refuses %j', (options, message) => {
    expect(() => compileRuntimeOptions({ paths: ['a'], ...options })).toThrow(message);
  });

  it.each([
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['0s', 0],
  ])('reads %s as %d ms', (drainTimeout, expected) => {
    expect(compileRuntimeOptions({ paths: ['a'], drainTimeout }).drainTimeoutMs).toBe(expected);
  });

  it('reads an IPv6 address', () => {
    expect(compileRuntimeOptions({ paths: ['a'], grpc: '[::1]:0' }).grpc).toEqual({ host: '::1', port: 0 });
  });
});
