import type { IncomingMessage } from 'node:http';
import { defined } from '../../json';
import { checkHeaders } from './check-headers';
import type { EmulatorState } from './emulator-state';
import type { EmulatorRequest, Ledger } from './ledger';
import { matchRoute } from './match-route';
import { MAX_JSON_BYTES } from './read-order';
import { readSubmission, type Submission } from './read-submission';
import { RefusedRequest } from './refused-request';
import type { ReportReply } from './reply';
import type { Run } from './run-store';

/**
 * A request on its way through the emulator, with all that it names. {@link openExchange} resolves each of these once.
 */
export interface Exchange {
  /** The request as the ledger records it, with its operation. */
  readonly request: EmulatorRequest;
  /** Bytes of the body, decompressed; empty if the body is refused. */
  readonly body: Buffer;
  /** Refusal of the body; absent if it was received as a whole. */
  readonly bodyRefusal?: RefusedRequest;
  readonly state: EmulatorState;
  /** Owner of the runs and files that the request may see and create. */
  readonly owner: string;
  /** Refusal of the headers; absent if they are right. */
  readonly headerRefusal?: RefusedRequest;
  /** Run that the path names, deleted or not; absent if the caller has no such run. */
  readonly run?: Run;
  /** The body, read as a submit's. Routes that create no run ignore it. */
  readonly submission: Submission;
  /** Run state to answer with instead of the true one; it does not advance a scripted run. */
  readonly report?: ReportReply;
}

/** A request that has arrived as a whole. */
export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly url: URL;
  /** Bytes of the body, decompressed, or the refusal of the body. */
  readonly body: Buffer | RefusedRequest;
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
  const { apiVersion, owner, refusal: headerRefusal } = checkHeaders(headers, state.apiKeys);
  const route = matchRoute(apiVersion, method, url.pathname, query);
  const bodyRefusal = received.body instanceof RefusedRequest ? received.body : undefined;
  const body = received.body instanceof RefusedRequest ? Buffer.alloc(0) : received.body;
  const bodyJson = headerRefusal === undefined ? parseJson(body, headers['content-type'] ?? '') : undefined;
  const submission = readSubmission(bodyJson, apiVersion, state);
  const found = route.runId === undefined ? undefined : state.runs.find(route.runId);
  // The signature of a presigned URL stands for the owner.
  const run = route.operation === 'content' || found?.owner === owner ? found : undefined;
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
  return defined({ request, body, bodyRefusal, state, submission, owner, headerRefusal, run });
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
