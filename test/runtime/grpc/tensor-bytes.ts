import { WireReader } from '../../../runtime/grpc/codec/wire-reader';
import { WireWriter } from '../../../runtime/grpc/codec/wire-writer';
import { type TensorProto } from '../../../runtime/grpc/codec/tensor-proto';
import { readTensorProto } from '../../../runtime/grpc/codec/tensor-proto-reader';
import { measureTensorProto, writeTensorProto } from '../../../runtime/grpc/codec/tensor-proto-writer';

/** A TensorProto's own bytes in hexadecimal. */
export function hexOfProto(proto: TensorProto): string {
  const writer = new WireWriter();
  writer.begin();
  const size = measureTensorProto(writer, proto);
  const prefix = size < 0x80 ? 1 : 2;
  writer.allocate(size + prefix);
  writeTensorProto(writer, proto);
  return writer.finish().subarray(prefix).toString('hex');
}

/** The TensorProto of bytes in hexadecimal. */
export function protoOfHex(hex: string): TensorProto {
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  return readTensorProto(new WireReader(bytes), bytes.length);
}
