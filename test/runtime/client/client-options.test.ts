import { InferenceClient } from '../../../runtime/client';
import { compileClientOptions, type InferenceClientOptions } from '../../../runtime/client/client-options';
import { ConfigurationError } from '../../../contracts/program/problem';

const address = 'localhost:50051';

function problemsOf(options: Partial<InferenceClientOptions>): string {
  try {
    compileClientOptions({ address, ...options });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('client options', () => {
  it('have defaults and are frozen', () => {
    const options = compileClientOptions({ address });
    expect(options).toMatchObject({
      service: 'extended',
      errorMode: 'in-band',
      tls: false,
      maxInFlight: 256,
      maxMessageBytes: 536_870_912,
      reconnect: { initialDelayMs: 100, maxDelayMs: 10_000, maxAttempts: 8, resend: false },
    });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it.each([
    'localhost:1',
    '[::1]:50051',
    'edge-box.local:65535',
    'dns:///server:50051',
    'unix:/run/mis.sock',
  ])('take the address %s', (one) => expect(compileClientOptions({ address: one }).address).toBe(one));

  it.each(['', 'localhost', 'localhost:0', 'localhost:65536', 'http://localhost:50051', 'host:port'])(
    'refuse the address %j',
    (one) =>
      expect(problemsOf({ address: one })).toContain(
        `address: must be host:port with a port from 1 to 65535`,
      ),
  );

  it.each([
    [{ maxInFlight: 0 }, 'maxInFlight: expected at least 1, got number 0'],
    [{ maxInFlightBytes: 1.5 }, 'maxInFlightBytes: expected integer, got number 1.5'],
    [{ timeoutMs: 0 }, 'timeoutMs: expected at least 1, got number 0'],
    [{ service: 'extensive' as 'extended' }, 'service: expected one of extended, basic'],
    [{ metadata: { 'Not Allowed': 'x' } }, 'metadata'],
    [{ reconnect: { maxAttempts: -1 } }, 'reconnect.maxAttempts: expected at least 0'],
    [{ tls: { key: 'x' } }, 'tls: a client certificate and its key are given together'],
    [{ retry: true }, 'retry: is unknown'],
  ])('refuse %j', (options: object, message) => {
    expect(problemsOf(options)).toContain(message);
  });

  it('refuse a certificate that is none', () => {
    const tls = { certificate: 'no certificate', key: 'no key' };
    expect(() => new InferenceClient({ address, tls })).toThrow('client options: tls: ');
  });
});
