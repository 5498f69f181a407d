import { readTelemetryEnvironment } from '../../../runtime/cli/compile-options';

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe("OpenTelemetry's environment", () => {
  it.each([
    ['nothing', {}, {}],
    ['an endpoint', BASE, { otlpEndpoint: 'http://collector:4318' }],
    ['one that is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, {}],
    [
      'one for traces and a sampler',
      {
        ...BASE,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:1/here',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
      },
      {
        otlpEndpoint: 'http://collector:4318',
        otlpTracesEndpoint: 'http://traces:1/here',
        tracesSampler: 'traceidratio',
        tracesSamplerArgument: '0.1',
      },
    ],
    ['an endpoint that is turned off', { ...BASE, OTEL_SDK_DISABLED: 'true' }, {}],
    ['an endpoint without traces', { ...BASE, OTEL_TRACES_EXPORTER: 'none' }, {}],
    [
      'a protocol with JSON on the same port',
      { ...BASE, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      { otlpEndpoint: 'http://collector:4318' },
    ],
  ])('with %s is read', (_, environment, expected) => {
    expect(readTelemetryEnvironment({}, environment)).toEqual(expected);
  });

  it('gives way to the option', () => {
    const off = { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other' };
    expect(readTelemetryEnvironment({ otlpEndpoint: 'http://mine' }, off)).toEqual({
      otlpEndpoint: 'http://mine',
    });
  });

  it('is refused with a protocol that is not sent', () => {
    const grpc = { ...BASE, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' };
    expect(() => readTelemetryEnvironment({}, grpc)).toThrow(
      "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: must be http/json (which is sent) or http/protobuf, got 'grpc'",
    );
  });
});
