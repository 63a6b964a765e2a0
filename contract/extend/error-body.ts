import { textOf } from './error-text';
import { isPlainObject } from '../../json';
import { isDeeperThan, MAX_LEVELS } from '../../json';
import { redact } from '../../privacy';

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

/** Filters that take secrets out of the texts of an error answer. */
export interface ErrorTextFilters {
  /** Takes secrets out of a text that is repeated. @default by their shape */
  readonly toSafe?: (text: string) => string;
  /** Takes the secrets that are known out of a body that is not JSON, and leaves everything else as it is. @default none */
  readonly hideValues?: (text: string) => string;
}

/** Codes that mean the same whatever the HTTP status: the account cannot run more documents. */
const OUT_OF_CREDITS_CODES: ReadonlySet<string> = new Set(['USAGE_BLOCKED', 'OUT_OF_CREDITS']);

/** Whether a code says that the account is out of credits. */
export function isOutOfCreditsCode(code: string | undefined): boolean {
  return code !== undefined && OUT_OF_CREDITS_CODES.has(code);
}

/**
 * Says that a JSON value is an error as Extend's API answers it, and not as a web server or framework does for a path that
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
  if (!isPlainObject(body) || typeof body.statusCode === 'number' || typeof body.status === 'number') return false;
  if (body.success === false || isText(body.error)) return true;
  const source = isPlainObject(body.error) ? body.error : body;
  return isText(source.code) && (source === body.error || isText(source.message));
}

/**
 * Reads the body of an error answer. Extend documents five shapes, its types leave others open, and a proxy may answer
 * HTML: anything is accepted, nothing is thrown, and a body of an unknown shape becomes the message, as JSON.
 *
 */
export function decodeErrorBody(text: string, filters: ErrorTextFilters = {}): ErrorBody {
  const { toSafe = redact } = filters;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return textBody(text, filters);
  }
  if (typeof body === 'string') return textBody(body, filters);
  const outer = isPlainObject(body) ? body : {};
  const inner = isPlainObject(outer.error) ? outer.error : outer;
  const errors = outer.errors ?? inner.errors ?? inner.issues;
  const code = firstText([inner.code, outer.code, codeOf(errors), wordOf(outer.error)]);
  const texts = {
    code,
    message: textOf(body) ?? (code === undefined ? jsonOf(body) : undefined),
    requestId: firstText([inner.requestId, outer.requestId]),
  };
  const known = Object.entries(texts).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...Object.fromEntries(known.map(([name, value]) => [name, toSafe(String(value))])),
    ...((inner.retryable === true || outer.retryable === true) && { retryable: true }),
    ...(isExtendError(body) && { isExtendError: true }),
  };
}

/** A line break or a tag inside a secret would become a blank: the secrets that are known are hidden first. */
function textBody(original: string, { toSafe = redact, hideValues = (text) => text }: ErrorTextFilters): ErrorBody {
  const text = hideValues(original);
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const words = (title || text.replace(/<[^<>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
  return words === '' ? {} : { message: toSafe(words) };
}

/** A body with a text in a member that is not known is repeated as it is. */
function jsonOf(body: unknown): string | undefined {
  return holdsText(body) && !isDeeperThan(body, MAX_LEVELS) ? JSON.stringify(body) : undefined;
}

function holdsText(value: unknown, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null || levels === 0) return isText(value);
  return Object.values(value).some((member) => holdsText(member, levels - 1));
}

/** An `error` that is written as a code is one, as in `{ success: false, error: 'ENDPOINT_REMOVED' }`. */
function wordOf(error: unknown): string | undefined {
  return typeof error === 'string' && /^[A-Z]+(_[A-Z]+)+$/.test(error) ? error : undefined;
}

/** The code of the first entry of a list of errors. */
function codeOf(errors: unknown): unknown {
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  return isPlainObject(first) ? first.code : undefined;
}

function firstText(values: readonly unknown[]): string | undefined {
  return values.find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
