import { MalformedMessageError } from '../../../runtime/grpc/codec/malformed-message-error';
import { BASIC_SERVICE } from '../../../runtime/services/basic/definition';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { UndecodableRequest } from '../../../runtime/grpc/stream/decoded-request';

const BROKEN = Buffer.from('082a12030a01ff', 'hex');

describe.each([
  ['extended', EXTENDED_SERVICE.predict, '/extended_inference.ExtendedInferenceService/predict'],
  ['basic', BASIC_SERVICE.predict, '/basic_inference.BasicInferenceService/predict'],
] as const)('the %s service', (_name, predict, path) => {
  it('is a bidirectional stream under its path', () => {
    expect(predict).toMatchObject({ path, requestStream: true, responseStream: true });
  });

  it('hands a request that cannot be decoded on, with its id, instead of throwing', () => {
    const request = predict.requestDeserialize(Buffer.from(BROKEN).fill(0x0f, 2));
    expect(request).toBeInstanceOf(UndecodableRequest);
    expect((request as UndecodableRequest).id).toBe(42);
    expect((request as UndecodableRequest).error).toMatchObject({
      code: 'MALFORMED_MESSAGE',
      kind: 'INVALID_ARGUMENT',
    });
  });

  it('throws on a response that cannot be decoded', () => {
    expect(() => predict.responseDeserialize(Buffer.of(0x0f))).toThrow(MalformedMessageError);
  });

  it('gives back the request and the response that it serialized', () => {
    const request = predict.requestDeserialize(predict.requestSerialize({ id: 5, tensors: [] }));
    expect(request).toMatchObject({ id: 5 });
    const response = predict.responseDeserialize(predict.responseSerialize({ id: 6, tensors: [] }));
    expect(response).toMatchObject({ id: 6 });
  });
});
