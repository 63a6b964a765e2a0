import type { IncomingMessage } from 'node:http';
import { defined } from '../../json';
import { checkHeaders } from './check-headers';
import type { EmulatorState } from './emulator-state';
import type { EmulatorRequest, Ledger } from './ledger';
import { matchRoute } from './match-route';
import { MAX_JSON_BYTES } from './read-order';
import { readSubmission, type Submission } from './read-submission';
import type { RefusedRequest } from './refused-request';
import type { ReportReply } from './reply';
import type { Run } from './run-store';

/**
 * A request on its way through the emulator, with all that it names. {@link openExchange} resolves each of these once.
 */
export interface Exchange {
  /** The request as the ledger records it, with its operation. */
  readonly request: EmulatorRequest;
  /** Bytes of the body; empty if the body is too large. */
  readonly body: Buffer;
  readonly isBodyTooLarge: boolean;
  readonly state: EmulatorState;
  /** Refusal of the headers; absent if they are right. */
  readonly headerRefusal?: RefusedRequest;
  /** Run that the path names, deleted or not; absent if there is no such run. */
  readonly run?: Run;
  /** The body, read as a submit's. Routes that create no run ignore it. */
  readonly submission: Submission;
  /** Run state to answer with instead of the true one; it does not advance a scripted run. */
  readonly report?: ReportReply;
}

/** A request's body; `too-large` if it is larger than the emulator accepts. */
export type ReceivedBody = Buffer | 'too-large';

/** A request that has arrived as a whole. */
export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly url: URL;
  readonly body: ReceivedBody;
}

/**
 * Resolves the route, the headers, the body, the run and the script of a request, and records it.
 *
 * @throws RefusedRequest if the request asks for a run of an earlier emulator that cannot begin again: its scripted
 * document does not exist any more (400), or its file was deleted (404).
 */
export function openExchange(received: ReceivedRequest, state: EmulatorState, ledger: Ledger): Exchange {
  const { message, url } = received;
  const { method = 'GET' } = message;
  const query = Object.fromEntries(url.searchParams);
  const headers = joinHeaders(message);
  const { apiVersion, refusal: headerRefusal } = checkHeaders(headers);
  const route = matchRoute(apiVersion, method, url.pathname, query);
  const isBodyTooLarge = received.body === 'too-large';
  const body = received.body === 'too-large' ? Buffer.alloc(0) : received.body;
  const bodyJson = headerRefusal === undefined ? parseJson(body, headers['content-type'] ?? '') : undefined;
  const submission = readSubmission(bodyJson, apiVersion, state);
  const run = route.runId === undefined ? undefined : state.runs.find(route.runId);
  const script = route.runId === undefined ? submission.script : run?.script;
  const request = ledger.record({
    apiVersion,
    ...defined({ fileId: submission.fileId, fileUrl: submission.fileUrl }),
    ...route,
    method,
    path: url.pathname,
    query,
    headers,
    ...defined({ bodyJson }),
    bodyBytes: body.byteLength,
    ...defined({ script: script?.name }),
    atMs: Date.now(),
  });
  return defined({ request, body, isBodyTooLarge, state, submission, headerRefusal, run });
}

function joinHeaders({ headers }: IncomingMessage): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function parseJson(body: Buffer, contentType: string): unknown {
  if (body.byteLength === 0 || body.byteLength > MAX_JSON_BYTES || !contentType.toLowerCase().includes('json'))
    return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
