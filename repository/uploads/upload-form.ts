import { type MultipartFile } from '@fastify/multipart';
import { type FastifyRequest } from 'fastify';
import { codeOf, RepositoryError } from '../errors';
import {
  sha256Schema,
  signatureSchema,
  type PackageSignature,
} from '../../contracts/repository/listed-package';
import { InvalidRequest } from '../../contracts/repository/invalid-request';
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
const FIELD_BYTES = 1024;

/**
 * Reads a multipart form with the package in its field `file`; other files and fields are passed over.
 * The caller discards the file when it is done with it.
 * @throws InvalidRequest without that field, UPLOAD_BROKEN, TOO_LARGE, STORE_FULL.
 */
export async function readUploadForm(
  request: FastifyRequest,
  spool: Spool,
  maxBytes: number,
): Promise<Upload> {
  if (!request.isMultipart()) throw fileMissing();
  const texts = new Map<string, string>();
  let received: (SpooledFile & { fileName: string | null }) | undefined;
  try {
    const limits = {
      fileSize: maxBytes,
      fieldSize: FIELD_BYTES,
      fields: 100,
      files: 10,
      headerPairs: 100,
      parts: 111,
    };
    for await (const part of request.parts({ limits, fileHwm: 64 * 1024 })) {
      if (part.type === 'field') texts.set(part.fieldname, String(part.value));
      else if (part.fieldname !== 'file' || received) part.file.resume();
      else
        received = { ...(await receiveFile(part, spool, maxBytes)), fileName: safeFileName(part.filename) };
    }
    if (!received) throw fileMissing();
    return { ...received, ...readFields(texts) };
  } catch (error) {
    if (received) await spool.discard(received.path);
    // the rest of the body is read and dropped, so that the sender gets to read the answer
    request.raw.unpipe();
    request.raw.resume();
    throw translate(error, maxBytes);
  }
}

async function receiveFile(part: MultipartFile, spool: Spool, maxBytes: number): Promise<SpooledFile> {
  const file = await spool.receive(part.file);
  if (!part.file.truncated) return file;
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

/** What a request without the form field `file` is told. */
export function fileMissing(): InvalidRequest {
  return new InvalidRequest([{ loc: ['body', 'file'], msg: 'field required', type: 'value_error.missing' }]);
}

export function tooLarge(maxBytes: number): RepositoryError {
  return new RepositoryError('TOO_LARGE', `the body is larger than the ${maxBytes} bytes that are allowed`);
}

function translate(error: unknown, maxBytes: number): unknown {
  if (error instanceof RepositoryError || error instanceof InvalidRequest) return error;
  const code = codeOf(error);
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge(maxBytes);
  if (code?.startsWith('FST_')) {
    return new RepositoryError(
      'UPLOAD_BROKEN',
      'the multipart form ended before its end or has too many parts',
      {
        cause: error,
      },
    );
  }
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
