import {
  ContractError,
  decodeErrorBody,
  ParseApiError,
  parseRetryAfter,
  redact,
  type ParseApiErrorFacts,
} from '../api';
import type { Answer } from './answer';
import { readStart } from './read-body';

/** Error texts beyond this are of no use to anybody. */
const ERROR_BODY_BYTES = 16_384;

/** Turns an answer with an error status into the error that says what came. It reads the start of the body. */
export async function statusError(answer: Answer, what: string): Promise<ParseApiError> {
  const { status, headers } = answer;
  const body = decodeErrorBody(await readStart(answer, ERROR_BODY_BYTES).catch(() => ''));
  const requestId = body.requestId ?? headers.get('x-extend-request-id');
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  const facts: ParseApiErrorFacts = {
    kind: 'status',
    status,
    ...(body.code !== undefined && { code: body.code }),
    ...(requestId !== null && { requestId: redact(requestId) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  const said = [body.code, body.message].filter((part) => part !== undefined).join(': ');
  return new ParseApiError(`Extend answered ${status} to ${what}${said === '' ? '' : `: ${said}`}`, facts);
}

/** Turns whatever a request threw into the error that says how far it came. */
export function exchangeError(error: unknown, what: string, answered: Answer | undefined): ParseApiError {
  if (error instanceof ParseApiError) {
    return error.kind === 'unreadable' ? unreadable(error, what, answered) : error;
  }
  if (error instanceof ContractError) return unreadable(error, what, answered);
  const reason = redact(reasonOf(error));
  if (answered === undefined && isConnectFailure(error)) {
    return new ParseApiError(`no connection for ${what}: ${reason}`, { kind: 'notReceived' }, { cause: error });
  }
  return new ParseApiError(`no whole answer to ${what}: ${reason}`, { kind: 'noAnswer' }, { cause: error });
}

function unreadable(error: Error, what: string, answered: Answer | undefined): ParseApiError {
  const requestId = answered?.headers.get('x-extend-request-id');
  const contentType = answered?.headers.get('content-type') ?? 'none';
  error.message = `unreadable answer to ${what} [status=${answered?.status}, content-type=${redact(contentType)}]: ${redact(error.message)}`;
  if (error instanceof ParseApiError) return error;
  return new ParseApiError(
    error.message,
    {
      kind: 'unreadable',
      ...(answered !== undefined && { status: answered.status }),
      ...(requestId != null && { requestId: redact(requestId) }),
    },
    { cause: error },
  );
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
