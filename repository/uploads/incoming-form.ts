import { type Readable } from 'node:stream';

/** Most that a form may have; a larger one is refused. */
export interface FormLimits {
  readonly fileBytes: number;
  readonly fieldBytes: number;
  readonly fields: number;
  readonly files: number;
}

/** A file that arrives. The reader of the parts reads or resumes `content` before it asks for the next part. */
export interface FormFile {
  readonly type: 'file';
  readonly field: string;
  readonly fileName: string | undefined;
  /** Ends early, with `truncated` set, at the limit. */
  readonly content: Readable & { readonly truncated?: boolean };
}

export interface FormField {
  readonly type: 'field';
  readonly field: string;
  readonly value: string;
}

/** A multipart form on its way in, whatever brings it. */
export interface IncomingForm {
  /** Bytes of the body, where its sender says so, else 0. */
  readonly announcedBytes: number;
  readonly isMultipart: boolean;
  parts(limits: FormLimits): AsyncIterable<FormFile | FormField>;
  /** An error of the parts or of a file's content as UPLOAD_BROKEN or TOO_LARGE, where it is one of those. */
  explain(error: unknown, limits: FormLimits): unknown;
  /** Reads and drops the rest, so that the sender gets to read the answer. */
  drain(): void;
}
