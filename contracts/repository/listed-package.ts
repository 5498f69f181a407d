import { z } from 'zod';

const tensorFormat = z.object({
  dtype: z.string(),
  shape: z
    .array(z.union([z.number(), z.string()]))
    .optional()
    .describe('Sizes, or names of sizes that data brings; absent: any rank'),
});

/** Formats of a model's inputs and outputs, by their names in the model. */
export const modelFormatsSchema = z.object({
  inputs: z.record(z.string(), tensorFormat),
  optional_inputs: z
    .record(z.string(), tensorFormat)
    .optional()
    .describe('Inputs with a value in the file, which a caller may replace; absent where there are none'),
  outputs: z.record(z.string(), tensorFormat),
});
export type ModelFormats = z.output<typeof modelFormatsSchema>;

/** A detached Ed25519 signature over kind, name, version and digest, and the id of the key that made it. */
export const signatureSchema = z.object({
  signature: z
    .string()
    .regex(/^[A-Za-z0-9+/]{86}==$/, 'a signature is 64 bytes in base64')
    .describe('64 bytes in base64'),
  signer: z
    .string()
    .regex(/^ed25519:[0-9a-f]{64}$/, 'a signer is ed25519: and the SHA-256 of the public key in hexadecimal')
    .describe('Id of the key: ed25519: and the SHA-256 of the public key'),
});
export type PackageSignature = z.output<typeof signatureSchema>;

export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hexadecimal digits in lower case');

/** What lists show of a package; everything is null until one is stored. */
export const listedPackageSchema = z.object({
  sha256: z.string().nullable().describe('SHA-256 of the package, in hexadecimal; also its ETag'),
  size: z.number().nullable().describe('Bytes'),
  file_name: z.string().nullable().describe('Name of the file that was uploaded'),
  stored_at: z.string().nullable().describe('When the package was stored'),
  opaque: z
    .boolean()
    .nullable()
    .describe('True when it is of another runtime: stored and served, never understood or run'),
  package_version: z.string().nullable().describe('Version that the package says of itself'),
  formats: modelFormatsSchema.nullable().describe("Formats of a model's inputs and outputs"),
  manifest: z.record(z.string(), z.unknown()).nullable().describe('component.json of the package'),
  signature: z.string().nullable(),
  signer: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type ListedPackage = z.output<typeof listedPackageSchema>;
