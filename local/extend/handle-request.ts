import type { IncomingMessage, ServerResponse } from 'node:http';
import { failureAnswer, RefusedRequest } from './answer';
import { checkCaller } from './check-caller';
import { describeRequest, parseTarget, submitCall } from './describe-request';
import type { EmulatorState, Exchange } from './emulator-state';
import { createId } from './ids';
import type { EmulatorRequest, Ledger } from './ledger';
import type { Reply } from './reply';
import { answerNaturally, checkHeaders } from './routes';
import { sendRefusal } from './send-refusal';
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

/**
 * Handles one HTTP request from arrival to the last byte of its answer. Never rejects: an error of the emulator is
 * written to standard error and answered with 500. A request of a web page, or with an unreadable target, is refused
 * and not recorded.
 */
export async function handleRequest(
  message: IncomingMessage,
  response: ServerResponse,
  input: RequestHandlerInput,
): Promise<void> {
  response.on('error', () => undefined);
  try {
    await handle(message, response, input);
  } catch (error) {
    if (error instanceof RefusedRequest) return sendRefusal(message, response, error.toAnswer());
    // The query may hold a signature.
    const path = (message.url ?? '').split('?', 1)[0] ?? '';
    process.stderr.write(`emulator: ${message.method} ${JSON.stringify(path)}: ${String(error)}\n`);
    if (response.headersSent) response.destroy();
    else await sendRefusal(message, response, failureAnswer());
  }
}

async function handle(
  message: IncomingMessage,
  response: ServerResponse,
  { state, ledger, faults }: RequestHandlerInput,
): Promise<void> {
  // A refused caller must not send a whole document first.
  const url = parseTarget(message.url ?? '/');
  checkCaller(message, url);
  const received = await readBody(message, state.maxInputBytes + FRAME_BYTES).catch(() => undefined);
  if (received === undefined) {
    message.destroy();
    return;
  }
  const body = received === 'too-large' ? Buffer.alloc(0) : received;
  const request = ledger.record(describeRequest(message, { url, body, state }));
  response.on('close', () => {
    if (request.outcome === 'pending' || request.outcome === 'hung') ledger.settle(request, 'abandoned', undefined);
  });
  try {
    const reply = (await faults?.(request)) ?? scriptedReply(request, state) ?? { kind: 'natural' };
    const report = reply.kind === 'report' ? { report: reply } : {};
    const exchange: Exchange = { request, body, state, ...report };
    const act = async () => (received === 'too-large' ? tooLarge(state) : answerNaturally(exchange));
    const headers = { 'x-extend-request-id': createId('req_') };
    const outcome = await sendReply({ response, reply, act, headers });
    ledger.settle(request, outcome, response.headersSent ? response.statusCode : undefined);
  } catch (error) {
    if (!response.headersSent) ledger.settle(request, 'answered', 500);
    throw error;
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
