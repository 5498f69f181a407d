/** A metric as rules, dashboards and users' queries know it. */
export interface MetricName {
  readonly name: string;
  /** Label keys. */
  readonly labels: readonly string[];
}

function metric<const L extends readonly string[]>(name: string, ...labels: L) {
  return { name, labels } as const satisfies MetricName;
}

/** Metrics of the runtime. The names are a contract; docs/operations.md lists them. */
export const RUNTIME_METRICS = {
  requestProcessingSeconds: metric('inference_request_processing_seconds'),
  requestLatencySeconds: metric('inference_request_latency_seconds'),
  pipelinePreparationSeconds: metric('inference_pipeline_preparation_seconds'),
  requests: metric('inference_requests_total', 'pipeline', 'outcome'),
  inFlight: metric('inference_in_flight', 'pipeline'),
  queueDepth: metric('inference_queue_depth', 'pipeline', 'model'),
  pipelineInfo: metric('inference_pipeline_info', 'pipeline', 'document', 'model', 'components'),
  streams: metric('inference_streams', 'pipeline'),
  reloads: metric('inference_reloads_total', 'pipeline', 'outcome'),
  componentFetches: metric('inference_component_fetches_total', 'kind', 'outcome'),
  workerRestarts: metric('inference_worker_restarts_total', 'pipeline', 'model'),
  breakerOpen: metric('inference_breaker_open', 'pipeline'),
  hungThreads: metric('inference_hung_threads'),
  queueSeconds: metric('inference_queue_seconds', 'pipeline', 'model'),
  stepSeconds: metric('inference_step_seconds', 'pipeline', 'step'),
  modelSeconds: metric('inference_model_seconds', 'pipeline', 'model'),
  batchSize: metric('inference_batch_size', 'pipeline', 'model'),
  admissionWaiting: metric('inference_admission_waiting', 'pipeline', 'priority'),
  rejected: metric('inference_rejected_total', 'pipeline', 'reason'),
  admissionWaitSeconds: metric('inference_admission_wait_seconds', 'pipeline', 'priority'),
  connections: metric('inference_connections'),
  connectionsClosed: metric('inference_connections_closed_total', 'reason'),
  connectionsRefused: metric('inference_connections_refused_total'),
  streamsReset: metric('inference_streams_reset_total'),
  unreadBytes: metric('inference_unread_bytes'),
  certificateExpiry: metric('mis_certificate_expiry_timestamp_seconds', 'certificate'),
  credentialReloads: metric('mis_credential_reloads_total', 'credential', 'outcome'),
  callsDenied: metric('mis_calls_denied_total', 'reason'),
  traceSpans: metric('mis_trace_spans_total', 'outcome'),
} as const;

/** Metrics of the component repository. */
export const REPOSITORY_METRICS = {
  requests: metric('repository_requests_total', 'method', 'route', 'status'),
  requestSeconds: metric('repository_request_seconds', 'method', 'route'),
  receivedBytes: metric('repository_received_bytes_total'),
  sentBytes: metric('repository_sent_bytes_total'),
  storeSeconds: metric('repository_store_seconds', 'operation'),
  storeErrors: metric('repository_store_errors_total', 'operation', 'code'),
  uploadsInFlight: metric('repository_uploads_in_flight'),
  components: metric('repository_components', 'kind'),
} as const;
