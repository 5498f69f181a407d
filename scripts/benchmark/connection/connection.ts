/** Why a request failed, as its answer or its stream's status says. */
export interface RequestFailure {
  /** Name of a gRPC status. */
  readonly code: string;
  readonly message: string;
}

/** How a stream ended that was not finished from here. */
export interface StreamEnd {
  /** The gRPC status that the server ended it with; absent when the connection broke. */
  readonly status?: RequestFailure;
  readonly message: string;
}

/** What a connection tells its owner. */
export interface ConnectionListener {
  /** The sending of so many more requests, in their order, begins: everything before them has left this process. */
  sent(count: number, nowMs: number): void;
  /** The oldest request that is not answered has been: with the id that its answer carries, and why it failed if it did. */
  answered(nowMs: number, id: number, failure: RequestFailure | undefined): void;
  /** All answers that came together have been told. */
  delivered(): void;
  /** The stream is over, and nobody here asked for it. Nothing is told afterwards. */
  ended(end: StreamEnd): void;
}

/** One stream of requests to the server over a connection of its own. */
export interface Connection {
  /** @throws Error when there is no connection; `ended` is not told then. */
  open(timeoutMs: number): Promise<void>;
  /** Takes a request, by its index in the run's requests, into what the next flush sends. */
  add(request: number): void;
  flush(): void;
  /** Ends the sending side and waits for the server to end its own, not longer than this. */
  finish(timeoutMs: number): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}
