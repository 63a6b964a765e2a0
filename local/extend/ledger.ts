import type { Outcome } from './send-reply';

/** Which call of the API a request is. `content` is a presigned URL, `unknown` anything else. */
export type Operation =
  | 'submit'
  | 'parse'
  | 'read'
  | 'result'
  | 'deleteRun'
  | 'upload'
  | 'listFiles'
  | 'getFile'
  | 'deleteFile'
  | 'content'
  | 'unknown';

/** One request as the emulator received it. Recorded when its body has arrived; the outcome follows. */
export interface EmulatorRequest {
  /** Position in the ledger, from 0. */
  readonly index: number;
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, where it is JSON. */
  readonly bodyJson?: unknown;
  readonly bodyBytes: number;
  /** Id in the path, where there is one. */
  readonly runId?: string;
  /** File id in the path or in a submit's body. */
  readonly fileId?: string;
  /** Name of the scripted document that the request is about. */
  readonly script?: string;
  /** Wall-clock time of arrival, in milliseconds since the epoch. */
  readonly atMs: number;
  /** HTTP status that was sent; absent while pending and where none was sent. */
  readonly responseStatus?: number;
  /** How the exchange ended. `abandoned`: the client went away first, or the answer was cut on purpose. */
  readonly outcome: Outcome;
}

/** A run that was created, whether or not the client got to know its id: what the API would bill. */
export interface EmulatorRun {
  readonly id: string;
  readonly fileId: string;
  /** The submitted URL, where there was one. */
  readonly fileUrl?: string;
  /** Name of the scripted document, where there was one. */
  readonly script?: string;
  /** Last state: of a scripted run what it last answered, of a parsed one the truth. */
  readonly status: string;
  readonly failureReason?: string;
  /** Credits billed so far; 0 until the run is PROCESSED. */
  readonly credits: number;
  readonly deleted: boolean;
  readonly createdAtMs: number;
}

/** A stored file. */
export interface EmulatorFile {
  readonly id: string;
  readonly name: string;
  /** The API's word for the kind of file; absent where it is none that the API knows. */
  readonly type?: string;
  readonly bytes: number;
  /** `true` if it came by `POST /files/upload`, `false` if a run made it. */
  readonly uploaded: boolean;
  readonly deleted: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Requests kept before the older half is dropped. */
const MAX_KEPT_REQUESTS = 200_000;

/** Every request in order of arrival, with a way to wait for one. */
export class Ledger {
  readonly #requests: Mutable<EmulatorRequest>[] = [];
  readonly #waiting = new Set<{
    matches: (request: EmulatorRequest) => boolean;
    resolve: (r: EmulatorRequest) => void;
  }>();
  #next = 0;

  /** The requests so far. Grows while one looks at it. */
  get requests(): readonly EmulatorRequest[] {
    return this.#requests;
  }

  /** Records an arrival. */
  record(request: Omit<EmulatorRequest, 'index' | 'outcome'>): EmulatorRequest {
    const entry: Mutable<EmulatorRequest> = { index: this.#next++, ...request, outcome: 'pending' };
    if (this.#requests.length >= MAX_KEPT_REQUESTS) this.#requests.splice(0, MAX_KEPT_REQUESTS / 2);
    this.#requests.push(entry);
    this.#wake(entry);
    return entry;
  }

  /** Notes how an exchange ended. */
  settle(request: EmulatorRequest, outcome: Outcome, responseStatus: number | undefined): void {
    const entry = request as Mutable<EmulatorRequest>;
    entry.outcome = outcome;
    if (responseStatus !== undefined) entry.responseStatus = responseStatus;
    this.#wake(entry);
  }

  /** The first request, past or future, for which `matches` holds; asked on arrival and again when it has ended. */
  waitFor(matches: (request: EmulatorRequest) => boolean): Promise<EmulatorRequest> {
    const known = this.#requests.find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.add({ matches, resolve }));
  }

  #wake(entry: EmulatorRequest): void {
    for (const waiter of this.#waiting) {
      if (!waiter.matches(entry)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(entry);
    }
  }
}
