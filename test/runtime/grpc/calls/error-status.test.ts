import { status } from '@grpc/grpc-js';
import { ERROR_CATALOGUE, InferenceError } from '../../../../runtime/errors';
import { ERROR_STATUS, toInBandError, toStatus } from '../../../../runtime/grpc/calls/error-status';

describe('error status', () => {
  it('names for every kind the gRPC status of that name', () => {
    for (const { kind } of Object.values(ERROR_CATALOGUE)) expect(status[ERROR_STATUS[kind]]).toBe(kind);
  });

  it('tells code, message and step in the band', () => {
    const error = new InferenceError('STEP_REFUSED', 'axis 3 is out of range', {
      step: 'preprocessing[0] expand',
    });
    expect(toInBandError(error)).toEqual({
      code: 'INVALID_ARGUMENT',
      message: 'axis 3 is out of range',
      step: 'preprocessing[0] expand',
    });
    expect(toStatus(error)).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'preprocessing[0] expand: axis 3 is out of range',
    });
  });

  it('tells nothing of an error that nobody foresaw', () => {
    const error = new TypeError('secret of the inside');
    expect(toInBandError(error)).toEqual({ code: 'INTERNAL', message: 'internal error', step: '' });
    expect(toStatus(error)).toEqual({ code: status.INTERNAL, details: 'internal error' });
  });

  it('cuts details that no header could carry, between characters', () => {
    const { details } = toStatus(new InferenceError('MALFORMED_TENSOR', '😀'.repeat(5000)));
    expect(details.length).toBeLessThanOrEqual(1001);
    expect(() => encodeURI(details)).not.toThrow();
  });
});
