import { refuseTensor } from './tensor-refusal';

/**
 * Strings in `tensor_content`, as TensorFlow packs them: the length of each as a varint, then the bytes of all. The strings
 * are views on `content`.
 */
export function readStringContent(content: Uint8Array, elements: number, name: string): Uint8Array[] {
  // Each string has a length of at least one byte: checked before anything is allocated.
  if (elements > content.length) {
    refuseTensor(
      name,
      `tensor_content of ${content.length} bytes cannot hold ${elements} strings, each takes at least one byte`,
    );
  }
  const ends = new Float64Array(elements);
  let position = 0;
  let total = 0;
  for (let index = 0; index < elements; index++) {
    let length = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = position < content.length ? content[position++] : undefined;
      if (byte === undefined || factor > 0x1000_0000) {
        return refuseTensor(name, `tensor_content has no length for string ${index} of ${elements}`);
      }
      length += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    total += length;
    ends[index] = total;
  }
  if (total !== content.length - position) {
    refuseTensor(
      name,
      `tensor_content announces strings of ${total} bytes in all, got ${content.length - position}`,
    );
  }
  const strings = new Array<Uint8Array>(elements);
  for (let index = 0; index < elements; index++) {
    strings[index] = content.subarray(position + (index === 0 ? 0 : ends[index - 1]), position + ends[index]);
  }
  return strings;
}
