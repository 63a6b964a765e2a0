/** Whether the emulator acts on a request (creates the run, deletes the file …) before it spoils the answer. */
interface Acting {
  /** `true`: the request takes effect although its answer is spoiled. @default false */
  readonly acted?: boolean;
}

/** What every reply may say besides its kind. */
interface Timing {
  /** Wait this long before the first byte of the answer, in milliseconds of real time. @default 0 */
  readonly delayMs?: number;
}

/** The answer that the request deserves, perhaps with other headers or extra body fields. */
export interface NaturalReply extends Timing {
  readonly kind: 'natural';
  /** Headers to add or to replace. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields to add to the top of a JSON body. */
  readonly extraFields?: Readonly<Record<string, unknown>>;
}

/** A fixed answer. */
export interface HttpReply extends Timing, Acting {
  readonly kind: 'http';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The natural answer with another run state. It does not advance a scripted run. */
export interface ReportReply extends Timing {
  readonly kind: 'report';
  /** Any word, known to the API or not. */
  readonly status: string;
  readonly failureReason?: string | null;
  /** Which of the two run objects to send. A submit always answers with the status object. */
  readonly as: 'parser_run_status' | 'parser_run';
}

/** The connection is reset without an answer. */
export interface ResetReply extends Timing, Acting {
  readonly kind: 'reset';
}

/** No answer comes; the connection stays open until the client or the emulator closes it. */
export interface HangReply extends Timing, Acting {
  readonly kind: 'hang';
}

/** Headers at once, then the natural body in small pieces. */
export interface DripReply extends Timing {
  readonly kind: 'drip';
  readonly pieceBytes: number;
  readonly everyMs: number;
}

/** The natural answer, cut off. */
export interface TruncatedReply extends Timing {
  readonly kind: 'truncated';
  /** `framing`: Content-Length promises more than is sent. `json`: well framed, but the JSON text is cut. */
  readonly how: 'framing' | 'json';
}

/** The natural JSON answer with a field `padding` of this many bytes. */
export interface PaddedReply extends Timing {
  readonly kind: 'padded';
  readonly bytes: number;
}

/** The natural answer, followed by blanks without end. */
export interface EndlessReply extends Timing {
  readonly kind: 'endless';
  /** Pause between two blanks; 0 sends as fast as the client reads. */
  readonly everyMs: number;
}

/** How the emulator answers one request. Plain data: make one with the functions of this file. */
export type Reply =
  | NaturalReply
  | HttpReply
  | ReportReply
  | ResetReply
  | HangReply
  | DripReply
  | TruncatedReply
  | PaddedReply
  | EndlessReply;

/** The natural answer; also a placeholder in a list, so that a later entry meets a later request. */
export function naturalReply(options: Omit<NaturalReply, 'kind'> = {}): Reply {
  return { kind: 'natural', ...options };
}

/** A fixed answer: `json` is serialised, `text` is sent as it is. Without either the body is empty. */
export function httpReply(
  options: Timing &
    Acting & {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly text?: string;
    },
): Reply {
  const { json, text, headers, ...rest } = options;
  const type = json === undefined ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
  const body = json === undefined ? (text ?? '') : JSON.stringify(json);
  return { kind: 'http', ...rest, headers: { 'content-type': type, ...headers }, body };
}

/** An answer 429 with the API's body; nothing is created. `retryAfter` is seconds, a date, or the header's text. */
export function rateLimitedReply(options: Timing & { readonly retryAfter?: number | Date | string } = {}): Reply {
  const { retryAfter, ...rest } = options;
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter?.toString();
  const headers = value === undefined ? {} : { 'retry-after': value };
  return httpReply({ ...rest, status: 429, headers, json: { error: 'Rate limit exceeded' } });
}

/** The natural answer, but with this run state. */
export function reportReply(
  options: Timing & {
    readonly status: string;
    readonly failureReason?: string | null;
    readonly as?: ReportReply['as'];
  },
): Reply {
  return { kind: 'report', as: 'parser_run_status', ...options };
}

/** A connection reset, before the request is acted upon unless `acted`. */
export function resetReply(options: Timing & Acting = {}): Reply {
  return { kind: 'reset', ...options };
}

/** No answer, ever. The request is not acted upon unless `acted`. */
export function hangReply(options: Timing & Acting = {}): Reply {
  return { kind: 'hang', ...options };
}

/** The natural body, slowly. */
export function dripReply(options: Timing & { readonly pieceBytes?: number; readonly everyMs?: number } = {}): Reply {
  return { kind: 'drip', pieceBytes: 16, everyMs: 20, ...options };
}

/** The natural body, cut off in the middle. */
export function truncatedReply(options: Timing & { readonly how?: TruncatedReply['how'] } = {}): Reply {
  return { kind: 'truncated', how: 'framing', ...options };
}

/** The natural JSON body, made larger by `bytes`. */
export function paddedReply(options: Timing & { readonly bytes: number }): Reply {
  return { kind: 'padded', ...options };
}

/** The natural body, then blanks that never end. */
export function endlessReply(options: Timing & { readonly everyMs?: number } = {}): Reply {
  return { kind: 'endless', everyMs: 0, ...options };
}

/** The natural JSON body under another content type. */
export function wrongContentTypeReply(contentType = 'text/plain; charset=utf-8'): Reply {
  return { kind: 'natural', headers: { 'content-type': contentType } };
}

/** A proxy's HTML page instead of the API's answer. */
export function htmlReply(options: Timing & Acting & { readonly status?: number } = {}): Reply {
  const { status = 200, ...rest } = options;
  return httpReply({ ...rest, status, text: '<html><body><h1>Something went wrong</h1></body></html>' });
}
