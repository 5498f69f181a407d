import { RepositoryError } from '../errors';
import {
  sha256Schema,
  signatureSchema,
  type PackageSignature,
} from '../../contracts/repository/listed-package';
import { InvalidRequest } from '../../contracts/repository/invalid-request';
import { type FormFile, type IncomingForm } from './incoming-form';
import { type Spool, type SpooledFile } from './spool';

/** An upload that arrived whole: the file, and what the form said beside it. */
export interface Upload extends SpooledFile {
  readonly fileName: string | null;
  /** The digest that the sender announced, in hexadecimal. */
  readonly announcedSha256: string | undefined;
  readonly signature: PackageSignature | null;
}

/** Form fields beside the file, and how long each may be. */
const FIELDS = ['sha256', 'signature', 'signer'] as const;
const LIMITS = { fieldBytes: 1024, fields: 100, files: 10 };

/**
 * Reads a multipart form with the package in its field `file`; other files and fields are skipped.
 * The caller discards the file.
 * @throws InvalidRequest without that field, UPLOAD_BROKEN, TOO_LARGE, STORE_FULL.
 */
export async function readUploadForm(form: IncomingForm, spool: Spool, maxBytes: number): Promise<Upload> {
  if (!form.isMultipart) throw fileMissing();
  const texts = new Map<string, string>();
  const limits = { ...LIMITS, fileBytes: maxBytes };
  let received: (SpooledFile & { fileName: string | null }) | undefined;
  try {
    for await (const part of form.parts(limits)) {
      if (part.type === 'field') texts.set(part.field, part.value);
      else if (part.field !== 'file' || received) part.content.resume();
      else
        received = { ...(await receiveFile(part, spool, maxBytes)), fileName: safeFileName(part.fileName) };
    }
    if (!received) throw fileMissing();
    return { ...received, ...readFields(texts) };
  } catch (error) {
    if (received) await spool.discard(received.path);
    form.drain();
    throw toBrokenUpload(form.explain(error, limits));
  }
}

async function receiveFile({ content }: FormFile, spool: Spool, maxBytes: number): Promise<SpooledFile> {
  const file = await spool.receive(content);
  if (!content.truncated) return file;
  await spool.discard(file.path);
  throw tooLarge(maxBytes);
}

function readFields(texts: ReadonlyMap<string, string>): Pick<Upload, 'announcedSha256' | 'signature'> {
  const [sha256, signature, signer] = FIELDS.map((name) => texts.get(name));
  if (sha256 !== undefined && !sha256Schema.safeParse(sha256).success) {
    throw new InvalidRequest([
      {
        loc: ['body', 'sha256'],
        msg: 'a SHA-256 is 64 hexadecimal digits in lower case',
        type: 'value_error',
      },
    ]);
  }
  if (signature === undefined && signer === undefined) return { announcedSha256: sha256, signature: null };
  const parsed = signatureSchema.safeParse({ signature, signer });
  if (!parsed.success) throw InvalidRequest.fromIssues('body', parsed.error.issues);
  return { announcedSha256: sha256, signature: parsed.data };
}

/** The last part of what the sender calls the file, for people to read: it never becomes a path here. */
function safeFileName(name: string | undefined): string | null {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';

  const printable = last.replace(/[\u0000-\u001f\u007f"]/g, '').slice(0, 255);
  return printable === '' ? null : printable;
}

/** The error of a request without the form field `file`. */
export function fileMissing(): InvalidRequest {
  return new InvalidRequest([{ loc: ['body', 'file'], msg: 'field required', type: 'value_error.missing' }]);
}

export function tooLarge(maxBytes: number): RepositoryError {
  return new RepositoryError('TOO_LARGE', `the body is larger than the ${maxBytes} bytes that are allowed`);
}

/** What a body says that ended early; streams have no codes for it. */
function toBrokenUpload(error: unknown): unknown {
  if (error instanceof RepositoryError || error instanceof InvalidRequest) return error;
  if (
    error instanceof Error &&
    /multipart|terminated early|boundary|premature|aborted/i.test(error.message)
  ) {
    return new RepositoryError('UPLOAD_BROKEN', `the body is no complete multipart form: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}
