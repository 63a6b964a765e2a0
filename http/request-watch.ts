import type { ParseApiError } from '../contract/extend';

/** A request that has ended, whichever way. */
export interface EndedRequest {
  /** What it was for: the name of the client's method. */
  readonly operation: RequestOperation;
  /**
   * `ok`; the HTTP status of an error; `notReceived`, `noAnswer` or `unreadable` as {@link ParseApiError} has them;
   * `aborted` if the caller did not want the rest.
   */
  readonly outcome: string;
  /** From the beginning to the last byte that was read, in milliseconds. */
  readonly durationMs: number;
}

/** What requests are for. */
export type RequestOperation =
  'submitParse' | 'readRunState' | 'readRun' | 'streamRun' | 'uploadFile' | 'deleteRun' | 'deleteFile';

/** Told of each request that has ended. It must not throw. */
export type RequestObserver = (ended: EndedRequest) => void;

/** A request that is under way, as an observer sees it. */
export interface RequestWatch {
  /** The whole answer was read. */
  succeeded(): void;
  /** It failed in this way. */
  failed(error: ParseApiError): void;
  /** It is over; without one of the above it was aborted. */
  end(): void;
}

/** Begins to watch a request. */
export function watchRequest(operation: RequestOperation, observe: RequestObserver | undefined): RequestWatch {
  const startedAtMs = performance.now();
  let outcome = 'aborted';
  return {
    succeeded: () => void (outcome = 'ok'),
    failed: ({ kind, status }) => void (outcome = kind === 'status' ? String(status) : kind),
    end: () => observe?.({ operation, outcome, durationMs: performance.now() - startedAtMs }),
  };
}
