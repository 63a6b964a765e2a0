import { redact } from './redact';

/** What an error answer says, whatever its shape. Every text is redacted. */
export interface ErrorBody {
  /** The API's machine-readable code, for instance `FILE_TYPE_NOT_SUPPORTED`. */
  readonly code?: string;
  /** The API's text for people. */
  readonly message?: string;
  /** Id to give to Extend's support. */
  readonly requestId?: string;
}

/** Codes that mean the same whatever the HTTP status: the account cannot run more documents. */
const OUT_OF_CREDITS_CODES: ReadonlySet<string> = new Set(['USAGE_BLOCKED', 'OUT_OF_CREDITS']);

/** Whether a code says that the account is out of credits. */
export function isOutOfCreditsCode(code: string | undefined): boolean {
  return code !== undefined && OUT_OF_CREDITS_CODES.has(code);
}

/**
 * Reads the body of an error answer. Extend documents four shapes, its command line tolerates a fifth, and a proxy may
 * answer HTML: anything is accepted, nothing is thrown, and what cannot be understood becomes the message.
 *
 * Shapes, in the order tried: `{ error: { code, message, requestId } }`, `{ code, message, requestId }` and
 * `{ success: false, error, code? }`, `{ error }`, a JSON string, any other text.
 */
export function decodeErrorBody(text: string): ErrorBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return textBody(text);
  }
  if (typeof body === 'string') return textBody(body);
  if (!isRecord(body)) return {};
  const source = isRecord(body.error) ? body.error : body;
  return {
    ...optional('code', source.code ?? body.code),
    ...optional('message', source.message ?? body.message ?? body.error),
    ...optional('requestId', source.requestId ?? body.requestId),
  };
}

function textBody(text: string): ErrorBody {
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const words = (title || text.replace(/<[^<>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
  return words === '' ? {} : { message: redact(words) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function optional(name: keyof ErrorBody, value: unknown): ErrorBody {
  return typeof value === 'string' && value !== '' ? { [name]: redact(value) } : {};
}
