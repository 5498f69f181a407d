import { closeSync, openSync, readSync } from 'node:fs';

const HEAD_BYTES = 512;

/** What files are that often lie where a model should, by their first bytes. */
const KINDS: readonly (readonly [begins: RegExp, what: string])[] = [
  [/^$/, 'is empty'],
  [/^version https:\/\/git-lfs/, 'is a pointer of Git LFS and not the file itself: run git lfs pull'],
  [
    /^\/?\.?(?:\.\.\/)*\.git\/annex\//,
    'is a pointer of git-annex and not the file itself: run git annex get',
  ],
  [/^\s*(?:<!--|<!doctype html|<html|<head)/i, 'is an HTML page, perhaps that of a failed download'],
  [/^\s*<\?xml/i, 'is XML, perhaps the answer of a failed download'],
  [/^\s*\{\s*"/, 'is JSON, perhaps the answer of a failed download'],
  [/^PK(?:\x03\x04|\x05\x06)/, 'is a zip: unpack it'],
  [/^\x1f\x8b/, 'is compressed with gzip: unpack it'],
  [/^\x28\xb5\x2f\xfd/, 'is compressed with zstd: unpack it'],
  [/^(?:\xfd7zXZ|BZh|7z\xbc\xaf)/, 'is an archive: unpack it'],
  [/^[^]{257}ustar/, 'is a tar archive: unpack it'],
  [/^\x89HDF/, 'is a Keras or HDF5 file: convert it (tf2onnx)'],
  [/^[^]{4}TFL3/, 'is a TensorFlow Lite model: convert it (tf2onnx)'],
  [/^\x80[\x02-\x05]/, 'is a pickle, perhaps of PyTorch: export it (torch.onnx.export)'],
  [/^GGUF/, 'is a GGUF model, which ONNX Runtime does not run'],
  [/^[^]{8}\{"/, 'is a safetensors file, which has weights and no model'],
];

/** What a file is that is no model: `is an HTML page, …`; `undefined` for anything else. */
export function describeOtherFile(file: string): string | undefined {
  const head = readHead(file);
  const [, what] = KINDS.find(([begins]) => begins.test(head)) ?? [];
  return what === 'is a zip: unpack it' && head.includes('/data.pkl')
    ? 'is a PyTorch file: export it (torch.onnx.export)'
    : what;
}

/** The first bytes, a character each. */
function readHead(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
