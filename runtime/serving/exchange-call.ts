import { type InferenceError } from '../errors';
import { type PredictTimes, type RequestTimeline } from '../observability/request-timeline';
import { type StepTimings } from '../observability/step-timings';
import { type MessageTrace } from '../observability/tracing/message-trace';
import { GateEntry } from '../pipeline/admission-gate';
import { type Leniency } from '../pipeline/conform';
import { type AnswerOptions } from '../pipeline/pipeline';
import { FairShare } from '../scheduling/fair-queue';
import { type Flow } from '../tensor/tensor';
import { type Observation } from './exchange-observer';
import { type CallContext, type RequestId } from './request-context';
import { type ServedPipeline } from './served-pipeline';

/** How a front door's messages and the pipeline's named values become each other. */
export interface Conversion<Request, Response> {
  /** Which dtypes are taken for the declared ones. */
  readonly leniency: Leniency;
  /** About how many bytes a request holds. */
  sizeOf(request: Request): number;
  /** @throws InferenceError MALFORMED_MESSAGE, MALFORMED_TENSOR, INPUT_MISSING. */
  toInputs(request: Request, inputNames: readonly string[]): Flow;
  /** @throws InferenceError OUTPUT_MISMATCH, SERVICE_MISMATCH when the service cannot carry the answer. */
  toResponse(id: RequestId, outputs: Flow): Response;
}

/** One request between its arrival and its answer: one object a request, which a front door may extend. */
export class Exchanged<Response> {
  /** Whether it counts among the requests that the gate has let in. */
  admitted = false;
  /** Set when it is answered. */
  response: Response | undefined = undefined;
  /** Set, in place of `response`, when it has failed. */
  failure: InferenceError | undefined = undefined;

  constructor(
    readonly id: RequestId,
    readonly byteLength: number,
    /** Monotonic milliseconds. */
    readonly arrivedMs: number,
    readonly watch: RequestWatch | undefined,
  ) {}
}

/** One request that somebody wants to know more of than the metrics: its client, a trace, an observer. */
export class RequestWatch implements RequestTimeline {
  constructor(
    private readonly timings: StepTimings | undefined,
    private readonly trace: MessageTrace | undefined,
    readonly observation: Observation | undefined,
  ) {}

  step(label: string, startedMs: number, endedMs: number): void {
    this.timings?.step(label, startedMs, endedMs);
    this.trace?.step(label, startedMs, endedMs);
  }

  predicted(times: PredictTimes, stepLabels: readonly string[], stepsBefore: number): void {
    this.timings?.predicted(times, stepLabels);
    this.trace?.predicted(times, stepLabels, stepsBefore);
  }

  end(arrivedMs: number, answeredMs: number, failure: InferenceError | undefined): void {
    this.timings?.answered(answeredMs - arrivedMs);
    this.trace?.end(answeredMs, failure);
    this.observation?.end(answeredMs, failure);
  }
}

/** The door's side of a call. */
export interface CallListener<Request extends Exchanged<unknown>> {
  /** The request has its response or its failure; the door hands it over and then calls `settle`. */
  onAnswered(request: Request): void;
  /** The call may be read again, after `mayTake` said no. */
  onRoom(): void;
}

/** Logs what is worth a line about single requests. */
export interface RequestLog {
  /** The error for the client; a cause that it must not see is logged. */
  explain(error: unknown, pipeline: string, stream: string | undefined, id: RequestId): InferenceError;
  settled(
    request: Exchanged<unknown>,
    answeredMs: number,
    pipeline: string,
    stream: string | undefined,
  ): void;
}

/**
 * The requests of one call, each on its way: admit → version → pipeline → metrics, log, trace → release. At most one of
 * them waits at the pipeline's gate at a time, and the door does not read its transport meanwhile.
 */
export class ExchangeCall<Message, Response, Request extends Exchanged<Response>> {
  private readonly place: GateEntry;
  private readonly options: AnswerOptions;
  private waiting: { readonly request: Request; readonly message: Message } | undefined;

  constructor(
    private readonly served: ServedPipeline,
    private readonly conversion: Conversion<Message, Response>,
    private readonly context: CallContext,
    private readonly log: RequestLog,
    private readonly listener: CallListener<Request>,
  ) {
    const { priority, signal, deadlineMs } = context;
    this.options = {
      leniency: conversion.leniency,
      priority,
      turn: new FairShare(),
      memoryTurn: new FairShare(),
      ...(signal !== undefined && { signal }),
      ...(deadlineMs !== undefined && { deadlineMs }),
    };
    this.place = new GateEntry(
      priority,
      () => this.endWait(),
      (error) => this.endWait(error),
      () => listener.onRoom(),
    );
  }

  /** Whether the next request may be read: none of the call waits, and there is room for one to wait. */
  get mayTake(): boolean {
    return this.waiting === undefined && this.served.gate.mayRead(this.place);
  }

  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  /** A request has arrived. It is answered, or refused, before `settle` is called for it; both may happen at once. */
  take(request: Request, message: Message): void {
    const { gate, metrics } = this.served;
    metrics.arrived();
    const verdict = gate.arrive(this.place, request.byteLength);
    if (verdict === 'admitted') this.enter(request, message);
    else if (verdict === 'waiting') this.waiting = { request, message };
    else this.fail(request, verdict);
  }

  /** The answer has been handed to the transport, or there is nobody to take it: the request is over. */
  settle(request: Request): void {
    const { name, metrics, gate } = this.served;
    const { arrivedMs, byteLength, failure, watch, admitted } = request;
    const answeredMs = performance.now();
    metrics.answered((answeredMs - arrivedMs) / 1000, failure?.kind);
    if (failure !== undefined) metrics.admission.failed(failure.code);
    watch?.end(arrivedMs, answeredMs, failure);
    this.log.settled(request, answeredMs, name, this.context.stream);
    if (admitted) gate.release(byteLength);
  }

  /** Nobody waits for the answers any more: the request at the gate fails with `reason`. */
  abandon(reason: InferenceError): void {
    this.endWait(reason);
  }

  /** No further request comes. */
  close(): void {
    this.served.gate.leave(this.place);
  }

  private enter(request: Request, message: Message): void {
    request.admitted = true;
    void this.answer(request, message);
  }

  /** The request that waited is let in, or fails. */
  private endWait(failure?: InferenceError): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    const { request, message } = waiting;
    if (failure === undefined) {
      request.watch?.step('admission', request.arrivedMs, performance.now());
      this.enter(request, message);
    } else this.fail(request, failure);
    this.listener.onRoom();
  }

  private fail(request: Request, error: unknown): void {
    request.failure = this.log.explain(error, this.served.name, this.context.stream, request.id);
    this.listener.onAnswered(request);
  }

  private async answer(request: Request, message: Message): Promise<void> {
    const version = this.served.current;
    version.enter();
    try {
      const inputs = this.conversion.toInputs(message, version.pipeline.inputNames);
      const { watch } = request;
      watch?.observation?.sent(inputs);
      const options = watch === undefined ? this.options : { ...this.options, timeline: watch };
      const outputs = await version.pipeline.answer(inputs, options);
      watch?.observation?.answered(outputs);
      request.response = this.conversion.toResponse(request.id, outputs);
    } catch (error) {
      request.failure = this.log.explain(error, this.served.name, this.context.stream, request.id);
    } finally {
      version.leave();
    }
    this.listener.onAnswered(request);
  }
}
