import { errorText } from './error-text';
import { defined, isDeeperThan, isPlainObject, MAX_LEVELS } from '../../json';
import { redact } from '../../privacy';

/** Content of an error answer of any shape. All texts are redacted. */
export interface ErrorBody {
  /** The API's machine-readable code, for instance `FILE_TYPE_NOT_SUPPORTED`. */
  readonly code?: string;
  /** The API's message for people. */
  readonly message?: string;
  /** Extend's request id. Extend's support asks for it. */
  readonly requestId?: string;
  /** `true` if Extend says that the same request may be repeated, else absent. */
  readonly retryable?: true;
  /** `true` if the body has the shape of Extend's errors, else absent. See {@link isExtendError}. */
  readonly isExtendError?: true;
}

/** Filters that take secrets out of the texts of an error answer. */
export interface ErrorTextFilters {
  /** Takes secrets out of a text that a message repeats. @default takes them out by their shape */
  readonly toSafe?: (text: string) => string;
  /** Takes known secrets out of a body that is not JSON, and changes nothing else. @default changes nothing */
  readonly hideValues?: (text: string) => string;
}

/** Error codes of an account that cannot parse more documents. They mean the same with every HTTP status. */
const OUT_OF_CREDITS_CODES: ReadonlySet<string> = new Set(['USAGE_BLOCKED', 'OUT_OF_CREDITS']);

/** Tells if a code means that the account has no credits left. */
export function isOutOfCreditsCode(code: string | undefined): boolean {
  return code !== undefined && OUT_OF_CREDITS_CODES.has(code);
}

/**
 * Tells if a JSON value has the shape of an error of Extend's API. A web server or framework answers with another shape
 * for a path that it does not serve. Extend's documentation has these shapes:
 *
 * - `{ success: false }`, usually with `error`, a string, and sometimes with `code`;
 * - `{ error: string }`;
 * - `{ code: string, message: string, requestId, retryable }`;
 * - `{ error: { code: string, message: string, … } }`.
 *
 * A body that repeats the HTTP status as a number (`statusCode`, `status`) comes from a web framework.
 */
export function isExtendError(body: unknown): boolean {
  if (!isPlainObject(body) || typeof body.statusCode === 'number' || typeof body.status === 'number') return false;
  if (body.success === false || isText(body.error)) return true;
  const source = isPlainObject(body.error) ? body.error : body;
  return isText(source.code) && (source === body.error || isText(source.message));
}

/**
 * Reads the body of an error answer. Extend documents five shapes, its types allow others, and a proxy may answer with
 * HTML. So the function accepts every body and never throws. A body of an unknown shape becomes the message, as JSON.
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
    message: errorText(body) ?? (code === undefined ? jsonOf(body) : undefined),
    requestId: firstText([inner.requestId, outer.requestId]),
  };
  const known = Object.entries(texts).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...Object.fromEntries(known.map(([name, value]) => [name, toSafe(String(value))])),
    ...defined({
      retryable: trueOrAbsent(inner.retryable === true || outer.retryable === true),
      isExtendError: trueOrAbsent(isExtendError(body)),
    }),
  };
}

function trueOrAbsent(value: boolean): true | undefined {
  return value ? true : undefined;
}

/**
 * Reads a body that is not JSON. It hides known secrets first, because a line break or a tag inside a secret becomes a
 * blank.
 */
function textBody(original: string, { toSafe = redact, hideValues = (text) => text }: ErrorTextFilters): ErrorBody {
  const text = hideValues(original);
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const words = (title || text.replace(/<[^<>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
  return words === '' ? {} : { message: toSafe(words) };
}

/** Repeats a body as JSON if it has a text in any member. */
function jsonOf(body: unknown): string | undefined {
  return holdsText(body) && !isDeeperThan(body, MAX_LEVELS) ? JSON.stringify(body) : undefined;
}

function holdsText(value: unknown, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null || levels === 0) return isText(value);
  return Object.values(value).some((member) => holdsText(member, levels - 1));
}

/** Gives the member `error` if it has the form of a code, as in `{ success: false, error: 'ENDPOINT_REMOVED' }`. */
function wordOf(error: unknown): string | undefined {
  return typeof error === 'string' && /^[A-Z]+(_[A-Z]+)+$/.test(error) ? error : undefined;
}

/** Gives the code of the first entry of a list of errors. */
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
