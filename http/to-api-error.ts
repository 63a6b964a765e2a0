import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  ContractError,
  decodeErrorBody,
  EXTEND_API_VERSION,
  ParseApiError,
  parseRetryAfter,
  type ParseApiErrorFacts,
} from '../contract/extend';
import { type Redactor } from '../privacy';
import type { Answer } from './answer';
import { readStart } from './read-body';

/** Error texts beyond this are of no use. It is more than `redact` looks at, also of a text with 4 bytes per character. */
const ERROR_BODY_BYTES = 16_384;

/** A request, as its errors describe it. */
export interface Asked {
  /** Method and path. */
  readonly what: string;
  /** Without credentials and query. */
  readonly baseUrl: string;
  /** Takes secrets out of every text that the error repeats. */
  readonly redactor: Redactor;
  /** The same for texts of the answer. It reduces URLs to their origin where the document's URL is not known. */
  readonly toSafe: (text: string) => string;
}

/** Turns an answer with an error status into the error that says what came. It reads the start of the body. */
export async function statusError(answer: Answer, asked: Asked): Promise<ParseApiError> {
  const { status, headers } = answer;
  const { toSafe, redactor } = asked;
  const text = await readStart(answer, ERROR_BODY_BYTES).catch(() => '');
  const body = decodeErrorBody(text, { toSafe, hideValues: redactor.values });
  const requestId = body.requestId ?? safeHeader(headers, 'x-extend-request-id', toSafe);
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  const facts: ParseApiErrorFacts = {
    kind: 'status',
    status,
    ...(body.code !== undefined && { code: body.code }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(body.retryable && { retryable: true }),
    ...(body.isExtendError && { isExtendError: true }),
  };
  const said = [body.code, body.message].filter((part) => part !== undefined).join(': ');
  return new ParseApiError(`${describe(facts, asked)}${said === '' ? '' : `: ${said}`}`, facts);
}

function describe(facts: ParseApiErrorFacts, { what, baseUrl, redactor }: Asked): string {
  const answered = `answered ${facts.status} to ${what}`;
  if (isVersionRemoved(facts)) {
    return `Extend no longer serves version ${EXTEND_API_VERSION} of its API (x-extend-api-version): it ${answered}`;
  }
  if (isEndpointMissing(facts)) {
    const server = redactor.text(baseUrl);
    return `${server} (EXTEND_BASE_URL) does not serve Extend's API: it ${answered}, and not with an error of Extend`;
  }
  return `Extend ${answered}`;
}

/** Turns whatever a request threw into the error that says how far it came. */
export function exchangeError(error: unknown, asked: Asked, answered: Answer | undefined): ParseApiError {
  const { what, redactor } = asked;
  if (error instanceof ParseApiError) {
    return error.kind === 'unreadable' ? unreadable(error, asked, answered) : error;
  }
  if (error instanceof ContractError) return unreadable(error, asked, answered);
  const reason = redactor.text(reasonOf(error));
  if (answered === undefined && isConnectFailure(error)) {
    return new ParseApiError(`no connection for ${what}: ${reason}`, { kind: 'notReceived' }, { cause: error });
  }
  return new ParseApiError(`no whole answer to ${what}: ${reason}`, { kind: 'noAnswer' }, { cause: error });
}

function unreadable(error: Error, { what, toSafe }: Asked, answered: Answer | undefined): ParseApiError {
  const requestId = answered && safeHeader(answered.headers, 'x-extend-request-id', toSafe);
  const contentType = (answered && safeHeader(answered.headers, 'content-type', toSafe)) ?? 'none';
  error.message = `unreadable answer to ${what} [status=${answered?.status}, content-type=${contentType}]: ${toSafe(error.message)}`;
  if (error instanceof ParseApiError) return error;
  return new ParseApiError(
    error.message,
    {
      kind: 'unreadable',
      ...(answered !== undefined && { status: answered.status }),
      ...(requestId !== undefined && { requestId }),
    },
    { cause: error },
  );
}

function safeHeader(headers: Headers, name: string, toSafe: Asked['toSafe']): string | undefined {
  const value = headers.get(name);
  return value === null ? undefined : toSafe(value);
}

/** `fetch` hides the system's error one or two causes deep; this walks down to it. */
function causesOf(error: unknown): readonly Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  let current = error;
  while (typeof current === 'object' && current !== null && chain.length < 5) {
    chain.push(current as Record<string, unknown>);
    const { errors, cause } = current as { errors?: unknown; cause?: unknown };
    current = Array.isArray(errors) ? errors[0] : cause;
  }
  return chain;
}

/**
 * Whether the connection never came about, so that the request cannot have been received: the system call that failed
 * is the look-up of the name or the connecting itself, or the TLS handshake was refused by us.
 */
function isConnectFailure(error: unknown): boolean {
  return causesOf(error).some(({ code, syscall }) => {
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    return (
      code === 'UND_ERR_CONNECT_TIMEOUT' ||
      (typeof code === 'string' && /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code))
    );
  });
}

function reasonOf(error: unknown): string {
  const chain = causesOf(error);
  const deepest = chain.at(-1);
  const words = [deepest?.code, deepest?.message].filter((word) => typeof word === 'string' && word !== '');
  return words.length === 0 ? String(error) : words.join(' ');
}
