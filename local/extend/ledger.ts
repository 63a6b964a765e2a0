import type { ApiVersion } from '../../contract/extend/parse-api';
import type { Outcome } from './send-reply';

/**
 * The call of the API that a request makes. `read` is a request for a run by `responseType=url`, `result` any other
 * request for a run. `content` is a presigned URL, `unknown` anything else.
 */
export type Operation =
  | 'submit'
  | 'parse'
  | 'read'
  | 'result'
  | 'listRuns'
  | 'cancelRun'
  | 'deleteRun'
  | 'createBatch'
  | 'getBatch'
  | 'upload'
  | 'createFile'
  | 'listFiles'
  | 'getFile'
  | 'deleteFile'
  | 'createEndpoint'
  | 'listEndpoints'
  | 'getEndpoint'
  | 'updateEndpoint'
  | 'deleteEndpoint'
  | 'content'
  | 'unknown';

/** One request as the emulator received it. It is recorded when its body has arrived; its outcome follows. */
export interface EmulatorRequest {
  /** Position in the ledger, from 0. */
  readonly index: number;
  /** Version of the API that the request names, or in whose form it is answered. */
  readonly apiVersion: ApiVersion;
  /** Call of the API. */
  readonly operation: Operation;
  /** HTTP method, in upper case. */
  readonly method: string;
  /** Path of the URL, without the query. */
  readonly path: string;
  /** Parameters of the query. */
  readonly query: Readonly<Record<string, string>>;
  /** Headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body; absent if it is no JSON, if it is larger than 4 MB, and if the headers are refused. The emulator keeps JSON
   * bodies of 8 MB in sum: it drops those of the oldest requests.
   */
  readonly bodyJson?: unknown;
  /** Size of the body, in bytes; 0 if it was larger than the emulator accepts. */
  readonly bodyBytes: number;
  /** Run id in the path, or in the path of a presigned URL of its output; absent if the path has none. */
  readonly runId?: string;
  /** Batch id in the path; absent if the path has none. */
  readonly batchId?: string;
  /** Id of an endpoint of webhooks in the path; absent if the path has none. */
  readonly endpointId?: string;
  /** File id in the path or in a submit's body; absent if there is none. */
  readonly fileId?: string;
  /** URL of the document in a submit's body; absent if there is none. */
  readonly fileUrl?: string;
  /** Name of the scripted document that the request is about; absent if it is about none. */
  readonly script?: string;
  /** Wall-clock time of arrival, in milliseconds since the epoch. */
  readonly atMs: number;
  /** HTTP status of the answer; absent while the request is pending, and if no answer was sent. */
  readonly responseStatus?: number;
  /** End of the exchange. `abandoned`: the client went away first, or the answer was cut on purpose. */
  readonly outcome: Outcome;
}

/** A run that was created: the API would bill it, even if the client never got its id. */
export interface EmulatorRun {
  readonly id: string;
  /** Version of the API that the submit spoke. */
  readonly apiVersion: ApiVersion;
  readonly fileId: string;
  /** URL that was submitted; absent for a run of a stored file. */
  readonly fileUrl?: string;
  /** Name of the scripted document; absent for a run that is really parsed. */
  readonly script?: string;
  /** Metadata of the submit; absent if there is none. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Batch that created the run; absent for a run of its own submit. */
  readonly batchId?: string;
  /** Status: of a scripted run the one that it last answered with, of a parsed run the true one. */
  readonly status: string;
  /** Reason of the failure; absent if there is none. */
  readonly failureReason?: string;
  /** Credits that the API would bill; 0 until the run is PROCESSED. */
  readonly credits: number;
  /** `true` after the deletion of the run. */
  readonly deleted: boolean;
  /** Wall-clock time of creation, in milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/** A stored file. */
export interface EmulatorFile {
  readonly id: string;
  readonly name: string;
  /** The API's word for the type of the file; absent if the API has none. */
  readonly type?: string;
  /** Size, in bytes. */
  readonly bytes: number;
  /** `true` for a file of `POST /files/upload`, `false` for a file that a run downloaded. */
  readonly uploaded: boolean;
  /** `true` after `DELETE /files/{id}`. */
  readonly deleted: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Largest number of requests that are kept. At this number, the older half is dropped. */
const MAX_KEPT_REQUESTS = 200_000;
/**
 * Largest sum of the JSON bodies that are kept, in bytes. Above it, the bodies of the oldest requests are dropped. A parsed
 * body takes up to 20 times as much memory.
 */
const MAX_KEPT_BODY_BYTES = 8_000_000;

/** Record of the requests in order of arrival, with a way to wait for one. */
export class Ledger {
  readonly #requests: Mutable<EmulatorRequest>[] = [];
  readonly #waiting = new Set<{
    matches: (request: EmulatorRequest) => boolean;
    resolve: (r: EmulatorRequest) => void;
  }>();
  #next = 0;
  /** Bytes of the JSON bodies that are kept, and the position from which on they are kept. */
  #bodyBytes = 0;
  #bodiesFrom = 0;

  /** The requests so far. The list grows as requests arrive. */
  get requests(): readonly EmulatorRequest[] {
    return this.#requests;
  }

  /** Records a request that has arrived. */
  record(request: Omit<EmulatorRequest, 'index' | 'outcome'>): EmulatorRequest {
    const entry: Mutable<EmulatorRequest> = { index: this.#next++, ...request, outcome: 'pending' };
    if (this.#requests.length >= MAX_KEPT_REQUESTS) {
      this.#requests.splice(0, MAX_KEPT_REQUESTS / 2).forEach((dropped) => this.#dropBody(dropped));
      this.#bodiesFrom = Math.max(0, this.#bodiesFrom - MAX_KEPT_REQUESTS / 2);
    }
    this.#requests.push(entry);
    if (entry.bodyJson !== undefined) this.#bodyBytes += entry.bodyBytes;
    for (; this.#bodyBytes > MAX_KEPT_BODY_BYTES; this.#bodiesFrom++) this.#dropBody(this.#requests[this.#bodiesFrom]);
    this.#wake(entry);
    return entry;
  }

  /** Records the end of an exchange. */
  settle(request: EmulatorRequest, outcome: Outcome, responseStatus: number | undefined): void {
    const entry = request as Mutable<EmulatorRequest>;
    entry.outcome = outcome;
    if (responseStatus !== undefined) entry.responseStatus = responseStatus;
    this.#wake(entry);
  }

  /**
   * Resolves with the first request, past or future, that matches. A request is checked at its arrival and at its end.
   */
  waitFor(matches: (request: EmulatorRequest) => boolean): Promise<EmulatorRequest> {
    const known = this.#requests.find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.add({ matches, resolve }));
  }

  #dropBody(entry: Mutable<EmulatorRequest> | undefined): void {
    if (entry?.bodyJson === undefined) return;
    delete entry.bodyJson;
    this.#bodyBytes -= entry.bodyBytes;
  }

  #wake(entry: EmulatorRequest): void {
    for (const waiter of this.#waiting) {
      if (!waiter.matches(entry)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(entry);
    }
  }
}
