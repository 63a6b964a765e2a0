import { defined } from '../../json';

/** Replies that spoil the answer of a request. */
interface Acting {
  /**
   * With `true`, the request takes effect (it creates the run, deletes the file …) although its answer is spoiled.
   * @default false
   */
  readonly acted?: boolean;
}

/** Settings of every reply. */
interface Timing {
  /** Wait before the first byte of the answer, in milliseconds of real time. @default 0 */
  readonly delayMs?: number;
}

/** The natural answer to the request, perhaps with other headers or with more fields. */
export interface NaturalReply extends Timing {
  readonly kind: 'natural';
  /** Headers to add or to replace. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields to add to the top level of a JSON body. @default {} */
  readonly extraFields?: Readonly<Record<string, unknown>>;
}

/** A fixed answer. */
export interface HttpReply extends Timing, Acting {
  readonly kind: 'http';
  /** HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The natural answer with another run state. It does not advance a scripted run. */
export interface ReportReply extends Timing {
  readonly kind: 'report';
  /** Status of the run: any word, known to the API or not. */
  readonly status: string;
  /** Reason of the failure. @default absent */
  readonly failureReason?: string | null;
  /** Explanation of the failure for people. Version 2026-02-09 only. @default the API's own for the reason */
  readonly failureMessage?: string | null;
  /** Run object that carries the state. Version 2025-04-21 only. A submit always answers with the status object. */
  readonly as: 'parser_run_status' | 'parser_run';
}

/** A reset of the connection, without an answer. */
export interface ResetReply extends Timing, Acting {
  readonly kind: 'reset';
}

/** Silence: no answer is sent, and the connection stays open until the client or the emulator closes it. */
export interface HangReply extends Timing, Acting {
  readonly kind: 'hang';
}

/** The headers at once, then the natural body in small pieces. */
export interface DripReply extends Timing {
  readonly kind: 'drip';
  /** Size of a piece, in bytes. */
  readonly pieceBytes: number;
  /** Pause before each piece, in milliseconds. */
  readonly everyMs: number;
}

/** The natural answer, cut off. */
export interface TruncatedReply extends Timing {
  readonly kind: 'truncated';
  /**
   * `framing`: Content-Length promises more bytes than are sent. `json`: the framing is right, but the JSON text is
   * cut.
   */
  readonly how: 'framing' | 'json';
}

/** The natural JSON answer with an additional field `padding`. */
export interface PaddedReply extends Timing {
  readonly kind: 'padded';
  /** Size of the padding, in bytes. */
  readonly bytes: number;
}

/** The natural answer, followed by blanks without end. */
export interface EndlessReply extends Timing {
  readonly kind: 'endless';
  /** Pause between two blanks, in milliseconds; with 0 they are sent as fast as the client reads. */
  readonly everyMs: number;
}

/**
 * The way in which the emulator answers one request. It is plain data: create it with one of the `…Reply` functions.
 */
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

/** Creates the natural reply. In a list it is a placeholder: the entry behind it meets a later request. */
export function naturalReply(options: Omit<NaturalReply, 'kind'> = {}): Reply {
  return { kind: 'natural', ...options };
}

/** Creates a fixed answer. `json` is serialised, `text` is sent unchanged; without either, the body is empty. */
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

/**
 * Creates an answer 429 with the API's body; no run is created. `retryAfter` is a number of seconds, a date, or the
 * text of the header; without it, there is no header.
 */
export function rateLimitedReply(options: Timing & { readonly retryAfter?: number | Date | string } = {}): Reply {
  const { retryAfter, ...rest } = options;
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter?.toString();
  const headers = defined({ 'retry-after': value });
  return httpReply({ ...rest, status: 429, headers, json: { error: 'Rate limit exceeded' } });
}

/**
 * Creates a reply that has the form of the natural answer, with this run state. @default `as` is 'parser_run_status'
 */
export function reportReply(
  options: Timing & {
    readonly status: string;
    readonly failureReason?: string | null;
    readonly failureMessage?: string | null;
    readonly as?: ReportReply['as'];
  },
): Reply {
  return { kind: 'report', as: 'parser_run_status', ...options };
}

/** Creates a reset of the connection. The request takes no effect unless `acted` is true. */
export function resetReply(options: Timing & Acting = {}): Reply {
  return { kind: 'reset', ...options };
}

/** Creates a reply that never comes. The request takes no effect unless `acted` is true. */
export function hangReply(options: Timing & Acting = {}): Reply {
  return { kind: 'hang', ...options };
}

/** Creates a reply that sends the natural body slowly. @default 16 bytes every 20 ms */
export function dripReply(options: Timing & { readonly pieceBytes?: number; readonly everyMs?: number } = {}): Reply {
  return { kind: 'drip', pieceBytes: 16, everyMs: 20, ...options };
}

/** Creates a reply that cuts the natural body in the middle. @default `how` is 'framing' */
export function truncatedReply(options: Timing & { readonly how?: TruncatedReply['how'] } = {}): Reply {
  return { kind: 'truncated', how: 'framing', ...options };
}

/** Creates a reply that makes the natural JSON body larger by `bytes`. */
export function paddedReply(options: Timing & { readonly bytes: number }): Reply {
  return { kind: 'padded', ...options };
}

/** Creates a reply that sends the natural body, then blanks without end. @default `everyMs` is 0 */
export function endlessReply(options: Timing & { readonly everyMs?: number } = {}): Reply {
  return { kind: 'endless', everyMs: 0, ...options };
}

/** Creates a reply that sends the natural JSON body with another content type. */
export function wrongContentTypeReply(contentType = 'text/plain; charset=utf-8'): Reply {
  return { kind: 'natural', headers: { 'content-type': contentType } };
}

/** Creates a reply that sends a proxy's HTML page instead of the API's answer. @default `status` is 200 */
export function htmlReply(options: Timing & Acting & { readonly status?: number } = {}): Reply {
  const { status = 200, ...rest } = options;
  return httpReply({ ...rest, status, text: '<html><body><h1>Something went wrong</h1></body></html>' });
}
