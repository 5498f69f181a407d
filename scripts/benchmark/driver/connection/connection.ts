/** Why a request failed, by its answer or its stream's status. */
export interface RequestFailure {
  /** Name of a gRPC status. */
  readonly code: string;
  readonly message: string;
}

/** How a stream ended that this side had not finished. */
export interface StreamEnd {
  /** The gRPC status that the server ended it with; absent when the connection broke. */
  readonly status?: RequestFailure;
  readonly message: string;
}

export interface ConnectionListener {
  /** The next `count` requests begin to be sent; all previous ones have left this process. */
  sent(count: number, nowMs: number): void;
  /** The oldest unanswered request has been answered. @param id of the answer */
  answered(nowMs: number, id: number, failure: RequestFailure | undefined): void;
  /** Called after `answered` for all answers that arrived together. */
  delivered(): void;
  /** The stream has ended unasked. No callback follows. */
  ended(end: StreamEnd): void;
}

/** One stream of requests on its own HTTP/2 connection. */
export interface Connection {
  /** @throws Error when there is no connection; `ended` is not called then. */
  open(timeoutMs: number): Promise<void>;
  /** Queues a request, by its index in the run's requests, for the next flush. */
  add(request: number): void;
  flush(): void;
  /** Ends the sending side and waits up to `timeoutMs` for the server to end its own. */
  finish(timeoutMs: number): Promise<void>;
  destroy(): void;
}
