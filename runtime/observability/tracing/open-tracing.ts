import { type TracingOptions } from '../../config/observability-options';
import { type AccessMetrics } from '../access-metrics';
import { type Logger } from '../../../contracts/program/logger';
import type * as tracingModule from './tracing';

/** Loads OpenTelemetry only if tracing is on. */
export async function openTracing(
  { tracing }: { readonly tracing?: TracingOptions },
  { traceSpans }: AccessMetrics,
  log: Logger,
): Promise<tracingModule.Tracing | undefined> {
  if (tracing === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when needed
  const { Tracing } = require('./tracing') as typeof tracingModule;
  return Tracing.open(tracing, (outcome, spans) => traceSpans.inc({ outcome }, spans), log);
}
