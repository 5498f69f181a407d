import { type TracingOptions } from '../../config/observability-options';
import { type AccessMetrics } from '../access-metrics';
import { type Logger } from '../../../contracts/program/logger';
import type * as tracingModule from './tracing';

/** Tracing where it is asked for; otherwise nothing of OpenTelemetry is loaded. */
export async function openTracing(
  { tracing }: { readonly tracing?: TracingOptions },
  { traceSpans }: AccessMetrics,
  log: Logger,
): Promise<tracingModule.Tracing | undefined> {
  if (tracing === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where it is needed
  const { Tracing } = require('./tracing') as typeof tracingModule;
  return Tracing.open(tracing, (outcome, spans) => traceSpans.inc({ outcome }, spans), log);
}
