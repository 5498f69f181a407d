import { createHash } from 'node:crypto';

/** A short digest. As an annotation of a pod template it replaces the pods when the content changes. */
export function checksum(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

export const CHECKSUM_ANNOTATION = 'modular-inference-stack/checksum';
