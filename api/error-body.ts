import { isRecord, textOf } from './error-text';
import { redact } from './redact';

/** What an error answer says, whatever its shape. Every text is redacted. */
export interface ErrorBody {
  /** The API's machine-readable code, for instance `FILE_TYPE_NOT_SUPPORTED`. */
  readonly code?: string;
  /** The API's text for people. */
  readonly message?: string;
  /** Id to give to Extend's support. */
  readonly requestId?: string;
  /** Extend says that the same request may be repeated. Absent where it does not say so. */
  readonly retryable?: true;
  /** The body has the shape of Extend's errors: see {@link isExtendError}. Absent where it has another. */
  readonly isExtendError?: true;
}

/** Codes that mean the same whatever the HTTP status: the account cannot run more documents. */
const OUT_OF_CREDITS_CODES: ReadonlySet<string> = new Set(['USAGE_BLOCKED', 'OUT_OF_CREDITS']);

/** Whether a code says that the account is out of credits. */
export function isOutOfCreditsCode(code: string | undefined): boolean {
  return code !== undefined && OUT_OF_CREDITS_CODES.has(code);
}

/**
 * Whether a JSON value is an error as Extend's API answers it, and not as a web server or framework does for a path that
 * it does not serve. Extend's documentation has these shapes:
 *
 * - `{ success: false }`, mostly with `error`, a string, and perhaps with `code`;
 * - `{ error: string }`;
 * - `{ code: string, message: string, requestId, retryable }`;
 * - `{ error: { code: string, message: string, … } }`.
 *
 * A body that repeats the HTTP status as a number (`statusCode`, `status`) is that of a web framework.
 */
export function isExtendError(body: unknown): boolean {
  if (!isRecord(body) || typeof body.statusCode === 'number' || typeof body.status === 'number') return false;
  if (body.success === false || isText(body.error)) return true;
  const source = isRecord(body.error) ? body.error : body;
  return isText(source.code) && (source === body.error || isText(source.message));
}

/**
 * Reads the body of an error answer. Extend documents five shapes, its types leave others open, and a proxy may answer
 * HTML: anything is accepted, nothing is thrown, and a body of an unknown shape becomes the message.
 *
 * @param toSafe takes secrets out of a text. @default by their shape
 */
export function decodeErrorBody(text: string, toSafe: (text: string) => string = redact): ErrorBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return textBody(text, toSafe);
  }
  if (typeof body === 'string') return textBody(body, toSafe);
  const outer = isRecord(body) ? body : {};
  const inner = isRecord(outer.error) ? outer.error : outer;
  const texts = {
    code: firstText([inner.code, outer.code, codeOf(outer.errors ?? inner.errors ?? inner.issues)]),
    message: textOf(body),
    requestId: firstText([inner.requestId, outer.requestId]),
  };
  const known = Object.entries(texts).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...Object.fromEntries(known.map(([name, value]) => [name, toSafe(String(value))])),
    ...((inner.retryable === true || outer.retryable === true) && { retryable: true }),
    ...(isExtendError(body) && { isExtendError: true }),
  };
}

function textBody(text: string, toSafe: (text: string) => string): ErrorBody {
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const words = (title || text.replace(/<[^<>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
  return words === '' ? {} : { message: toSafe(words) };
}

/** The code of the first entry of a list of errors. */
function codeOf(errors: unknown): unknown {
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  return isRecord(first) ? first.code : undefined;
}

function firstText(values: readonly unknown[]): string | undefined {
  return values.find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
