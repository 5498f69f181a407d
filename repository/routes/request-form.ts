import { type FastifyRequest } from 'fastify';
import { codeOf, RepositoryError } from '../errors';
import { type FormField, type FormFile, type FormLimits, type IncomingForm } from '../uploads/incoming-form';
import { tooLarge } from '../uploads/upload-form';

/** Bytes of a file that are read ahead. */
const READ_AHEAD_BYTES = 64 * 1024;
const HEADERS_OF_PART = 100;

/** The multipart form that a request brings. */
export function requestForm(request: FastifyRequest): IncomingForm {
  return {
    announcedBytes: Number(request.headers['content-length'] ?? 0),
    isMultipart: request.isMultipart(),
    parts: (limits) => readParts(request, limits),
    explain: (error, { fileBytes }) => explain(error, fileBytes),
    drain: () => {
      request.raw.unpipe();
      request.raw.resume();
    },
  };
}

async function* readParts(request: FastifyRequest, limits: FormLimits): AsyncGenerator<FormFile | FormField> {
  const { fileBytes, fieldBytes, fields, files } = limits;
  const parts = request.parts({
    limits: {
      fileSize: fileBytes,
      fieldSize: fieldBytes,
      fields,
      files,
      headerPairs: HEADERS_OF_PART,
      parts: fields + files + 1,
    },
    fileHwm: READ_AHEAD_BYTES,
  });
  for await (const part of parts) {
    if (part.type === 'field') {
      yield { type: 'field', field: part.fieldname, value: String(part.value) };
    } else {
      yield { type: 'file', field: part.fieldname, fileName: part.filename, content: part.file };
    }
  }
}

/** The parser's errors in the words of the catalogue. */
function explain(error: unknown, maxBytes: number): unknown {
  const code = codeOf(error);
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge(maxBytes);
  if (code?.startsWith('FST_')) {
    return new RepositoryError(
      'UPLOAD_BROKEN',
      'the multipart form ended before its end or has too many parts',
      { cause: error },
    );
  }
  return error;
}
