import type { IncomingMessage, ServerResponse } from 'node:http';
import { RefusedRequest } from './answer';
import type { EmulatorState, Exchange } from './emulator-state';
import { createId } from './ids';
import type { EmulatorRequest, Ledger } from './ledger';
import type { Reply } from './reply';
import { answerNaturally, checkHeaders, matchRoute } from './routes';
import { findScript } from './scripted-document';
import { sendReply } from './send-reply';

/** Room for a multipart frame around the largest document. */
const FRAME_BYTES = 1_000_000;

/** Chooses a fault for a request, or none. May wait, and so hold the request, before it decides. */
export type FaultChooser = (request: EmulatorRequest) => Reply | undefined | Promise<Reply | undefined>;

/** What handling a request needs besides the request. */
export interface RequestHandlerInput {
  /** What the routes work on. */
  readonly state: EmulatorState;
  /** Where the request is recorded. */
  readonly ledger: Ledger;
  /** Asked before anything else. @default none */
  readonly faults?: FaultChooser;
}

/** Handles one HTTP request from arrival to the last byte of its answer. Never rejects. */
export async function handleRequest(
  message: IncomingMessage,
  response: ServerResponse,
  { state, ledger, faults }: RequestHandlerInput,
): Promise<void> {
  response.on('error', () => undefined);
  const body = await readBody(message, state.maxInputBytes + FRAME_BYTES).catch(() => undefined);
  if (body === undefined) {
    message.destroy();
    return;
  }
  const request = ledger.record(describe(message, body === 'too-large' ? Buffer.alloc(0) : body, state));
  const abandoned = (): void => {
    if (request.outcome === 'pending' || request.outcome === 'hung') ledger.settle(request, 'abandoned', undefined);
  };
  response.on('close', abandoned);
  try {
    const reply = (await faults?.(request)) ?? scriptedReply(request, state) ?? { kind: 'natural' };
    const report = reply.kind === 'report' ? { report: reply } : {};
    const exchange: Exchange = { request, body: body === 'too-large' ? Buffer.alloc(0) : body, state, ...report };
    const act = async () => (body === 'too-large' ? tooLarge(state) : answerNaturally(exchange));
    const headers = { 'x-extend-request-id': createId('req_') };
    const outcome = await sendReply({ response, reply, act, headers });
    ledger.settle(request, outcome, response.headersSent ? response.statusCode : undefined);
  } catch (error) {
    process.stderr.write(`emulator: ${request.method} ${request.path}: ${String(error)}\n`);
    response.destroy();
  }
}

function tooLarge(state: EmulatorState) {
  return new RefusedRequest(400, `The limit is ${state.maxInputBytes} bytes`, 'FILE_SIZE_TOO_LARGE').toAnswer();
}

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large'> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes <= maxBytes) pieces.push(piece);
    else pieces.length = 0;
  }
  return bytes > maxBytes ? 'too-large' : Buffer.concat(pieces);
}

function describe(
  message: IncomingMessage,
  body: Buffer,
  state: EmulatorState,
): Omit<EmulatorRequest, 'index' | 'outcome'> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const query = Object.fromEntries(url.searchParams);
  const method = message.method ?? 'GET';
  const route = matchRoute(method, url.pathname, query);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const bodyJson = parseJson(body, headers['content-type'] ?? '');
  const about = { ...submittedFileId(bodyJson), ...route };
  const script = scriptOf(about.runId, bodyJson, state);
  return {
    ...about,
    method,
    path: url.pathname,
    query,
    headers,
    ...(bodyJson === undefined ? {} : { bodyJson }),
    bodyBytes: body.byteLength,
    ...(script === undefined ? {} : { script }),
    atMs: Date.now(),
  };
}

function parseJson(body: Buffer, contentType: string): unknown {
  if (body.byteLength === 0 || !contentType.toLowerCase().includes('json')) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function submitted(bodyJson: unknown, member: 'fileUrl' | 'fileId'): string | undefined {
  const file = (bodyJson as { file?: Record<string, unknown> | null } | undefined | null)?.file;
  const value = file?.[member];
  return typeof value === 'string' ? value : undefined;
}

function submittedFileId(bodyJson: unknown): { fileId?: string } {
  const fileId = submitted(bodyJson, 'fileId');
  return fileId === undefined ? {} : { fileId };
}

function scriptOf(runId: string | undefined, bodyJson: unknown, state: EmulatorState): string | undefined {
  if (runId !== undefined) return state.runs.find(runId)?.call?.name;
  return submitCall(bodyJson, state)?.name;
}

function submitCall(bodyJson: unknown, state: EmulatorState) {
  const fileUrl = submitted(bodyJson, 'fileUrl');
  if (fileUrl === undefined) return undefined;
  try {
    return findScript(fileUrl, state.scripts);
  } catch {
    return undefined;
  }
}

/** The next entry of the script's list; a request that is refused for its headers uses none up. */
function scriptedReply(request: EmulatorRequest, state: EmulatorState): Reply | undefined {
  if (request.script === undefined) return undefined;
  try {
    checkHeaders(request.headers);
  } catch {
    return undefined;
  }
  if (request.runId === undefined) {
    const call = submitCall(request.bodyJson, state);
    return call === undefined ? undefined : state.runs.takeSubmitReply(call);
  }
  const run = state.runs.find(request.runId);
  if (run === undefined || run.deleted) return undefined;
  if (request.operation === 'read') return state.runs.takeRunReply(run, 'reads');
  if (request.operation === 'result') return state.runs.takeRunReply(run, 'results');
  return request.operation === 'deleteRun' ? state.runs.takeRunReply(run, 'deletes') : undefined;
}
