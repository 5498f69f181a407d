import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOnnxMetadata } from '../../../runtime/formats/onnx-metadata';
import { describeOtherFile } from '../../../runtime/formats/other-file';
import { doublingModel } from '../../fixtures/onnx-models';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { zipOf } from '../../fixtures/zip';

const file = join(temporaryFolder(), 'model.onnx');
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n';

it.each([
  ['nothing', '', 'is empty'],
  ['a Git LFS pointer', LFS, 'is a pointer of Git LFS and not the file itself: run git lfs pull'],
  ['a link of git-annex', '../.git/annex/objects/ab/cd', 'is a pointer of git-annex'],
  ['a page', '\n<!DOCTYPE html><html><title>Not Found</title>', 'is an HTML page'],
  ['a page without a doctype', '<HTML>', 'is an HTML page'],
  ['an error of object storage', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'is XML'],
  ['an error of a service', '{"error": "Repository not found"}', 'is JSON'],
  ['gzip', gzipSync('x'), 'is compressed with gzip'],
  ['Keras', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'is a Keras or HDF5 file'],
  ['TensorFlow Lite', Buffer.from('\x1c\0\0\0TFL3', 'latin1'), 'is a TensorFlow Lite model'],
  ['a pickle', Buffer.of(0x80, 2, 0x8a), 'is a pickle'],
  ['safetensors', Buffer.from('\x10\0\0\0\0\0\0\0{"a":{}}', 'latin1'), 'is a safetensors file'],
  ['a tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar')]), 'is a tar archive'],
] as const)('calls %s what it is', (_, content, expected) => {
  writeFileSync(file, content);
  expect(describeOtherFile(file)).toMatch(expected);
  expect(() => readOnnxMetadata(file)).toThrow(`is no ONNX model: it ${expected}`);
});

it('tells a zip from what PyTorch saves', async () => {
  writeFileSync(file, await zipOf({ 'model.onnx': 'x' }));
  expect(() => readOnnxMetadata(file)).toThrow('is no ONNX model: it is a zip: unpack it');
  writeFileSync(file, await zipOf({ 'archive/data.pkl': 'x' }));
  expect(() => readOnnxMetadata(file)).toThrow('it is a PyTorch file: export it (torch.onnx.export)');
});

it('has nothing to say of a model, and of what nobody knows', () => {
  writeFileSync(file, doublingModel());
  expect(describeOtherFile(file)).toBeUndefined();
  writeFileSync(file, Buffer.of(0xff, 0xfe));
  expect(describeOtherFile(file)).toBeUndefined();
  expect(() => readOnnxMetadata(file)).toThrow(/^is no ONNX model: it /);
});
