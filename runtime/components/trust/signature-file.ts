import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../../contracts/program/problem';
import { ComponentError } from '../../../contracts/package/component-error';
import {
  type ComponentIdentity,
  type ComponentSignature,
} from '../../../contracts/package/component-identity';
import { parseJsonText } from '../../../contracts/values/json-text';

const signatureFileSchema = z.object({
  kind: z.string(),
  name: z.string(),
  version: z.string(),
  sha256: z.string(),
  signature: z.string(),
  signer: z.string(),
});

/** Where the signature of a package lies beside it. */
export function signatureFileOf(packageFile: string): string {
  return `${packageFile.replace(/\/+$/, '')}.sig`;
}

export function writeSignatureFile(
  file: string,
  identity: ComponentIdentity,
  signature: ComponentSignature,
): void {
  writeFileSync(file, `${JSON.stringify({ ...identity, ...signature }, null, 2)}\n`);
}

/**
 * The signature in a file, when there is one.
 * @throws ComponentError when it is for another component, or for other bytes.
 */
export function readSignatureFile(file: string, identity: ComponentIdentity): ComponentSignature | undefined {
  if (!existsSync(file)) return undefined;
  let content: z.output<typeof signatureFileSchema>;
  try {
    content = signatureFileSchema.parse(parseJsonText(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ComponentError(`${file} is no signature: ${messageOf(error)}`);
  }
  for (const field of ['kind', 'name', 'version', 'sha256'] as const) {
    if (content[field] !== identity[field]) {
      throw new ComponentError(
        `${file} is for ${field} '${content[field]}', the package has '${identity[field]}': sign it again, or remove the file`,
      );
    }
  }
  return { signature: content.signature, signer: content.signer };
}
