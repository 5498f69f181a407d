import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { type ComponentSignature } from '../../contracts/package/component-identity';

const FILE = '.package.json';

const recordSchema = z.object({
  sha256: z.string(),
  size: z.number(),
  repository: z.string(),
  signature: z.string().nullish(),
  signer: z.string().nullish(),
});

/** What is known of the package that a component's folder was unpacked from. A folder without one was put there by hand. */
export type PackageRecord = z.infer<typeof recordSchema>;

/** @throws ComponentError when there is a record that cannot be read: the folder is then not what was fetched. */
export function readPackageRecord(directory: string): PackageRecord | undefined {
  const file = join(directory, FILE);
  if (!existsSync(file)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ComponentError(
      `${file} is damaged (${messageOf(error)}); delete ${directory} to have it fetched again`,
    );
  }
}

export async function writePackageRecord(directory: string, record: PackageRecord): Promise<void> {
  await writeFile(join(directory, FILE), `${JSON.stringify(record)}\n`);
}

export function signatureOf({ signature, signer }: PackageRecord): ComponentSignature | undefined {
  return signature && signer ? { signature, signer } : undefined;
}
