import { type InferenceError } from '../errors';
import { type Flow, type Tensor, type Value } from '../tensor/tensor';
import { type RequestId } from './request-context';

/** One request of a pipeline, before anything of it is converted. */
export interface ObservedRequest {
  readonly pipeline: string;
  readonly id: RequestId;
  /** The stream that the request came on. */
  readonly stream?: string;
  /** Name of the caller, where tokens are required. */
  readonly caller?: string;
  /** Monotonic milliseconds, as `performance.now()`. */
  readonly arrivedMs: number;
}

/** One request with its answer. The tensors are copies that belong to the observers. */
export interface ObservedExchange extends ObservedRequest {
  readonly answeredMs: number;
  /** What the client sent of the pipeline's inputs, before the pipeline; absent when it could not be read. */
  readonly inputs?: Flow;
  /** The answer's tensors; absent when the request failed. */
  readonly outputs?: Flow;
  readonly failure?: InferenceError;
}

/**
 * Sees exchanges with their tensors, e.g. to sample them for monitoring. Both methods are called on the path of the
 * request, so they return soon; what they throw is logged and harms nothing.
 */
export interface ExchangeObserver {
  /** Whether it wants this request. Tensors are copied only if some observer does. */
  wants(request: ObservedRequest): boolean;
  /** Called once for each request that it wanted, after its answer has been handed to the transport. */
  observe(exchange: ObservedExchange): void;
}

/** Calls the observers of an exchange, and keeps their failures from the request. */
export class ExchangeObservers {
  private readonly observers = new Set<ExchangeObserver>();

  /** @param onFailure called with what an observer threw */
  constructor(private readonly onFailure: (error: unknown) => void) {}

  get size(): number {
    return this.observers.size;
  }

  /** Returns what removes the observer. */
  add(observer: ExchangeObserver): () => void {
    this.observers.add(observer);
    return () => void this.observers.delete(observer);
  }

  /** `undefined` when no observer wants the request. */
  begin(request: ObservedRequest): Observation | undefined {
    const interested = [...this.observers].filter(
      (observer) => this.attempt(() => observer.wants(request)) === true,
    );
    if (interested.length === 0) return undefined;
    return new Observation(request, interested, (call) => this.attempt(call));
  }

  private attempt<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.onFailure(error);
      return undefined;
    }
  }
}

/** One request that is observed. Copies are made at once: the model may take the memory of its inputs away. */
export class Observation {
  private inputs: Flow | undefined;
  private outputs: Flow | undefined;

  constructor(
    private readonly request: ObservedRequest,
    private readonly observers: readonly ExchangeObserver[],
    private readonly attempt: <T>(call: () => T) => T | undefined,
  ) {}

  sent(inputs: Flow): void {
    this.inputs = this.attempt(() => copyFlow(inputs));
  }

  answered(outputs: Flow): void {
    this.outputs = this.attempt(() => copyFlow(outputs));
  }

  end(answeredMs: number, failure: InferenceError | undefined): void {
    const { request, inputs, outputs } = this;
    const exchange: ObservedExchange = {
      ...request,
      answeredMs,
      ...(inputs && { inputs }),
      ...(failure === undefined ? outputs && { outputs } : { failure }),
    };
    for (const observer of this.observers) this.attempt(() => observer.observe(exchange));
  }
}

function copyFlow(flow: Flow): Flow {
  const copy = new Map<string, Value>();
  for (const [name, value] of flow) {
    copy.set(name, Array.isArray(value) ? value.map(copyTensor) : copyTensor(value as Tensor));
  }
  return copy;
}

function copyTensor({ dtype, shape, data }: Tensor): Tensor {
  // The bytes of strings are views into the message that they came in.
  const copied =
    dtype === 'string' ? (data as readonly Uint8Array[]).map((text) => Buffer.from(text)) : data.slice();
  return { dtype, shape: [...shape], data: copied };
}
