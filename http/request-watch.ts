import type { ParseApiError } from '../contract/extend';

/** A request that has ended, with success or not. */
export interface EndedRequest {
  /** Purpose of the request. */
  readonly operation: RequestOperation;
  /**
   * `ok`; the HTTP status of an error; `notReceived`, `noAnswer` or `unreadable` as in {@link ParseApiError}; `aborted`
   * if the caller stopped reading.
   */
  readonly outcome: string;
  /** Time from the beginning of the request to the last byte that was read, in milliseconds. */
  readonly durationMs: number;
}

/** Purposes of requests. Wire names: values of the metric label `operation`. `readRunState` is a poll. */
export type RequestOperation =
  | 'submitParse'
  | 'readRunState'
  | 'readRun'
  | 'streamRun'
  | 'downloadOutput'
  | 'uploadFile'
  | 'cancelRun'
  | 'listRuns'
  | 'createBatch'
  | 'readBatch'
  | 'deleteRun'
  | 'deleteFile'
  | 'listWebhookEndpoints'
  | 'createWebhookEndpoint'
  | 'deleteWebhookEndpoint';

/** Function that is called after each request has ended. It must not throw. */
export type RequestObserver = (ended: EndedRequest) => void;

/** A request in flight, whose end is reported to an observer. */
export interface RequestWatch {
  /** Notes that the whole answer was read. */
  succeeded(): void;
  /** Notes that the request failed with this error. */
  failed(error: ParseApiError): void;
  /** Reports the request to the observer: as `aborted`, unless `succeeded` or `failed` was called before. */
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
