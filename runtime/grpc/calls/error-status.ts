import { status } from '@grpc/grpc-js';
import { InferenceError, type ErrorKind } from '../../errors';
import { type InBandError } from '../codec/in-band-error';
import { cutText } from '../../tensor/quote-name';

/** The gRPC status of each kind of error. */
export const ERROR_STATUS: Readonly<Record<ErrorKind, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CANCELLED: status.CANCELLED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** A status travels in a header, percent-encoded: long messages do not fit. */
const MOST_DETAILS = 1000;

/** Sent to clients in place of an unexpected error, whose cause stays in the log. */
const UNFORESEEN = new InferenceError('INTERNAL', 'internal error');

function foreseen(error: unknown): InferenceError {
  return error instanceof InferenceError ? error : UNFORESEEN;
}

/** The error as a response carries it in its place. */
export function toInBandError(error: unknown): InBandError {
  const { kind, message, step = '' } = foreseen(error);
  return { code: kind, message, step };
}

/** The error as the status that ends the stream, for clients that asked for it. */
export function toStatus(error: unknown): { readonly code: status; readonly details: string } {
  const { kind, message, step } = foreseen(error);
  const details = step === undefined ? message : `${step}: ${message}`;
  return { code: ERROR_STATUS[kind], details: cutText(details, MOST_DETAILS) };
}
