import { OptionReader } from '../../../contracts/program/options';
import { compileConnectionOptions, CONNECTION_OPTIONS } from '../../../runtime/config/connection-options';
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
      connections: compileConnectionOptions(new OptionReader(CONNECTION_OPTIONS, {})),
      logLevel: 'info',
      tls: undefined,
      loadTimeoutMs: 600_000,
      repositoryWaitMs: 60_000,
      httpTls: false,
      access: undefined,
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
    [
      { repository: 'http://me:SECRET@models:9012' },
      "--repository: takes no user and password (a token comes from --repository-token-file), got 'http://…@models:9012'",
    ],
    [{ repository: 'ftp://me:SECRET@models' }, "got 'ftp://…@models'"],
    [{ otlpEndpoint: 'ftp://me:SECRET@c' }, "got 'ftp://…@c'"],
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

  it.each([
    [
      { metrics: '9100' },
      "--metrics: must be host:port with a port from 0 to 65535 (0: any free one), got '9100'",
    ],
    [{ httpTls: 'yes' }, "--http-tls: must be one of on, off, got 'yes'"],
    [{ httpTls: 'on' }, "--http-tls: needs --tls-cert and --tls-key to be 'on', got neither"],
    [{ slowRequest: '5' }, "--slow-request: must be a number with a unit (ms, s, m, h), e.g. 30s, got '5'"],
    [{ jwks: 'keys.json' }, '--jwks: needs --jwt-audience, the name of this service in the tokens'],
    [{ jwtAudience: 'mis' }, '--jwks: is needed with --jwt-audience, got none'],
    [{ jwtIssuer: 'me' }, '--jwks: is needed with --jwt-issuer, got none'],
    [{ tokens: 't', tokenExpiry: 'never' }, "--token-expiry: must be one of keep, end, got 'never'"],
    [{ healthAccess: 'token' }, '--tokens, --jwks: one is needed with --health-access token, got neither'],
    [{ tokenExpiry: 'end' }, '--tokens, --jwks: one is needed with --token-expiry end, got neither'],
    [
      { otlpEndpoint: 'collector:4318' },
      "--otlp-endpoint: must be a URL, e.g. http://collector:4318, got 'collector:4318'",
    ],
    [
      { otlpEndpoint: 'http://c', tracesSampler: 'some' },
      'OTEL_TRACES_SAMPLER: must be one of always_on, always_off, traceidratio, parentbased_always_on',
    ],
    [
      { otlpEndpoint: 'http://c', tracesSampler: 'traceidratio', tracesSamplerArgument: '2' },
      "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1, got '2'",
    ],
  ])('refuses %j, which says something about access or observation', (options, message) => {
    expect(() => compileRuntimeOptions({ paths: ['a'], ...options })).toThrow(message);
  });

  it('asks for tokens where there is a file of them or of keys', () => {
    const access = { guardHealth: false, endStreams: false };
    expect(compileRuntimeOptions({ paths: ['a'], tokens: 't' }).access).toEqual({
      ...access,
      tokenFile: 't',
    });
    const issued = {
      jwks: 'k',
      jwtAudience: 'mis',
      jwtIssuer: 'me',
      tokenExpiry: 'end',
      healthAccess: 'token',
    };
    expect(compileRuntimeOptions({ paths: ['a'], ...issued }).access).toEqual({
      guardHealth: true,
      endStreams: true,
      jwt: { keyFile: 'k', audience: 'mis', issuer: 'me', pipelinesClaim: 'pipelines' },
    });
  });

  it.each([
    [{ otlpEndpoint: 'http://collector:4318' }, 'http://collector:4318/v1/traces'],
    [{ otlpEndpoint: 'http://collector:4318/base/' }, 'http://collector:4318/base/v1/traces'],
    [{ otlpEndpoint: 'http://other', otlpTracesEndpoint: 'http://traces:1/here' }, 'http://traces:1/here'],
  ])('sends traces for %j to %s', (options, url) => {
    expect(compileRuntimeOptions({ paths: ['a'], ...options }).tracing).toEqual({ url });
  });

  it('reads an IPv6 address', () => {
    expect(compileRuntimeOptions({ paths: ['a'], grpc: '[::1]:0' }).grpc).toEqual({ host: '::1', port: 0 });
  });
});
