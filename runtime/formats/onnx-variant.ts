import { open, type FileHandle } from 'node:fs/promises';
import { Writer } from 'protobufjs/minimal';
import { readOnnxMetadata, type OnnxMetadata, type ZipMap } from './onnx-metadata';
import { ProtobufFile, type FieldRange } from './protobuf-file';

/** A piece of the new file: of the old one, or new bytes. */
type Piece = FieldRange | Uint8Array;

// Field numbers are those of onnx.proto.
const GRAPH = 7;
const OPSET = 8;
const NODE = 1;
const INITIALIZER = 5;
const OUTPUT = 12;
const FLOAT = 1;
/** Of the operator set that has `Identity` where the model imports none. */
const OPSET_VERSION = 13;
const CHUNK_BYTES = 1024 * 1024;

/**
 * What writes a model that is `file` with two differences: `requiredInputs` have lost their values, so that a caller brings
 * them, and lists of maps are the tensors that they were made of. `undefined` where there is no difference to make. The
 * external data of what is written has to lie in its folder.
 */
export function onnxVariant(
  file: string,
  requiredInputs: readonly string[],
): ((target: string) => Promise<void>) | undefined {
  const metadata = readOnnxMetadata(file);
  if (metadata.zipMaps.size === 0 && requiredInputs.length === 0) return undefined;
  return (target) => copyPieces(file, target, piecesOf(file, metadata, requiredInputs));
}

function piecesOf(
  file: string,
  { zipMaps, outputs }: OnnxMetadata,
  requiredInputs: readonly string[],
): readonly Piece[] {
  const protobuf = new ProtobufFile(file);
  try {
    const changed = (range: FieldRange): Piece[] => {
      if (range.field === INITIALIZER)
        return requiredInputs.includes(textIn(protobuf, range, 8)) ? [] : [range];
      if (range.field === NODE) {
        const output = textIn(protobuf, range, 2);
        const zipMap = textIn(protobuf, range, 4) === 'ZipMap' ? zipMaps.get(output) : undefined;
        return [zipMap === undefined ? range : identityNode(zipMap, output)];
      }
      if (range.field !== OUTPUT) return [range];
      const name = textIn(protobuf, range, 1);
      return [zipMaps.has(name) ? tensorOutput(name, outputs[name].shape!) : range];
    };
    const model = protobuf.ranges();
    const pieces = model.flatMap((range): Piece[] => {
      if (range.field !== GRAPH) return [range];
      const inner = protobuf.ranges(range).flatMap(changed);
      const head = new Writer()
        .uint32((GRAPH << 3) | 2)
        .uint32(inner.reduce((sum, piece) => sum + sizeOf(piece), 0));
      return [head.finish(), ...inner];
    });
    const domains = model.filter(({ field }) => field === OPSET).map((range) => textIn(protobuf, range, 1));
    if (zipMaps.size > 0 && !domains.includes('')) {
      pieces.push(
        new Writer()
          .uint32((OPSET << 3) | 2)
          .fork()
          .uint32(16)
          .int64(OPSET_VERSION)
          .ldelim()
          .finish(),
      );
    }
    return pieces;
  } finally {
    protobuf.close();
  }
}

function sizeOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.end - piece.start;
}

/** The last text field of this number in a message. */
function textIn(protobuf: ProtobufFile, range: FieldRange, field: number): string {
  let text = '';
  protobuf.visit(range, { [field]: (end) => (text = protobuf.text(end)) });
  return text;
}

function identityNode({ input }: ZipMap, output: string): Uint8Array {
  const node = new Writer().uint32((NODE << 3) | 2).fork();
  node.uint32(10).string(input).uint32(18).string(output).uint32(34).string('Identity');
  return node.ldelim().finish();
}

function tensorOutput(name: string, shape: readonly (number | string)[]): Uint8Array {
  const value = new Writer()
    .uint32((OUTPUT << 3) | 2)
    .fork()
    .uint32(10)
    .string(name);
  const type = value.uint32(18).fork().uint32(10).fork().uint32(8).int32(FLOAT);
  const axes = type.uint32(18).fork();
  for (const axis of shape) {
    axes.uint32(10).fork();
    if (typeof axis === 'number') axes.uint32(8).int64(axis);
    // A name that we have made up says nothing to anybody.
    else if (!axis.startsWith(`${name}.`)) axes.uint32(18).string(axis);
    axes.ldelim();
  }
  return axes.ldelim().ldelim().ldelim().ldelim().finish();
}

async function copyPieces(file: string, target: string, pieces: readonly Piece[]): Promise<void> {
  const from = await open(file, 'r');
  const to = await open(target, 'wx');
  try {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) await to.write(piece);
      else await copyRange(from, to, piece);
    }
  } finally {
    await from.close();
    await to.close();
  }
}

async function copyRange(from: FileHandle, to: FileHandle, { start, end }: FieldRange): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start));
  for (let at = start; at < end; at += buffer.length) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at);
    await to.write(buffer, 0, bytesRead);
    if (bytesRead < Math.min(buffer.length, end - at))
      throw new Error(`${bytesRead} bytes were left of a model file`);
  }
}
