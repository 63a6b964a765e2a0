import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  ContractError,
  decodeErrorBody,
  ParseApiError,
  parseRetryAfter,
  type ApiVersion,
  type ParseApiErrorFacts,
} from '../contract/extend';
import { defined } from '../json';
import { type Redactor } from '../privacy';
import type { HttpAnswer } from './http-answer';
import { BodyTooLargeError, readStart } from './read-body';

/** Bytes of an error body that are read. `redact` uses fewer, also of a text with 4 bytes per character. */
const ERROR_BODY_BYTES = 16_384;

/** Facts of a request that its errors repeat. */
export interface RequestFacts {
  /** Method and path. */
  readonly what: string;
  /** Version of the API that the request names. */
  readonly apiVersion: ApiVersion;
  /** `true` for a request to a presigned URL. Another server than Extend's API answers it. */
  readonly isExternal: boolean;
  /** Base URL without credentials and query. */
  readonly baseUrl: string;
  /** Takes secrets out of every text that the error repeats. */
  readonly redactor: Redactor;
  /**
   * Takes secrets out of texts of the answer. It reduces URLs to their origin if the request does not know the
   * document's URL.
   */
  readonly toSafe: (text: string) => string;
}

/** Turns an answer with an error status into an error. It reads the start of the body for the error's text. */
export async function statusError(answer: HttpAnswer, request: RequestFacts): Promise<ParseApiError> {
  const { status, headers } = answer;
  const { what, toSafe, redactor } = request;
  // The body of such an answer may repeat parts of the URL. The next attempt asks for a new URL.
  if (request.isExternal) {
    return new ParseApiError(`${status} was the answer to ${what}`, { kind: 'status', status, isExternal: true });
  }
  const text = await readStart(answer, ERROR_BODY_BYTES).catch(() => '');
  const body = decodeErrorBody(text, { toSafe, hideValues: redactor.values });
  const requestId = body.requestId ?? safeHeader(headers, 'x-extend-request-id', toSafe);
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  const facts: ParseApiErrorFacts = {
    kind: 'status',
    status,
    ...defined({
      code: body.code,
      requestId,
      retryAfterMs,
      retryable: body.retryable,
      isExtendError: body.isExtendError,
    }),
  };
  const said = [body.code, body.message].filter((part) => part !== undefined).join(': ');
  return new ParseApiError(`${describe(facts, request)}${said === '' ? '' : `: ${said}`}`, facts);
}

function describe(facts: ParseApiErrorFacts, { what, apiVersion, baseUrl, redactor }: RequestFacts): string {
  const answered = `answered ${facts.status} to ${what}`;
  if (isVersionRemoved(facts)) {
    return `Extend no longer serves version ${apiVersion} of its API (EXTEND_API_VERSION): it ${answered}`;
  }
  if (isEndpointMissing(facts)) {
    const server = redactor.text(baseUrl);
    return `${server} (EXTEND_BASE_URL) does not serve Extend's API in version ${apiVersion} (EXTEND_API_VERSION): it ${answered}, and not with an error of Extend`;
  }
  return `Extend ${answered}`;
}

/** Turns an error of any kind into an error that says how far the request came. */
export function exchangeError(error: unknown, request: RequestFacts, answered: HttpAnswer | undefined): ParseApiError {
  const { what, redactor, isExternal } = request;
  if (error instanceof BodyTooLargeError) {
    return new BodyTooLargeError(error.limitBytes, describeUnreadable(error, request, answered));
  }
  if (error instanceof ParseApiError) return error;
  if (error instanceof ContractError) return unreadable(error, request, answered);
  const reason = redactor.text(reasonOf(error));
  // An error of `fetch` may repeat a presigned URL.
  const options = isExternal ? {} : { cause: error };
  if (answered === undefined && isConnectFailure(error)) {
    return new ParseApiError(`no connection for ${what}: ${reason}`, { kind: 'notReceived' }, options);
  }
  return new ParseApiError(`no whole answer to ${what}: ${reason}`, { kind: 'noAnswer' }, options);
}

function unreadable(error: ContractError, request: RequestFacts, answered: HttpAnswer | undefined): ParseApiError {
  const requestId = answered && safeHeader(answered.headers, 'x-extend-request-id', request.toSafe);
  const facts = defined({ kind: 'unreadable', status: answered?.status, requestId });
  // The error itself is no `cause`, because its message may repeat a secret.
  return new ParseApiError(describeUnreadable(error, request, answered), facts);
}

function describeUnreadable(
  { message }: Error,
  { what, toSafe }: RequestFacts,
  answered: HttpAnswer | undefined,
): string {
  const contentType = (answered && safeHeader(answered.headers, 'content-type', toSafe)) ?? 'none';
  return `unreadable answer to ${what} [status=${answered?.status}, content-type=${contentType}]: ${toSafe(message)}`;
}

function safeHeader(headers: Headers, name: string, toSafe: RequestFacts['toSafe']): string | undefined {
  const value = headers.get(name);
  return value === null ? undefined : toSafe(value);
}

/** Lists an error and its causes, the outermost first. `fetch` hides the system's error one or two causes deep. */
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
 * Tells if no connection was made, so that Extend cannot have received the request. In that case the look-up of the
 * host name or the connecting failed, this side refused the TLS certificate, or a proxy refused the tunnel.
 */
function isConnectFailure(error: unknown): boolean {
  return causesOf(error).some(({ code, syscall, message }) => {
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    return (
      code === 'UND_ERR_CONNECT_TIMEOUT' ||
      code === 'UND_ERR_PRX_TLS' ||
      // undici has no code of its own for a tunnel that the proxy refuses.
      (code === 'UND_ERR_ABORTED' && /^Proxy response \(\d+\)/.test(String(message))) ||
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
