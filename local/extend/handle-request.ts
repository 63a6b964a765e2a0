import type { IncomingMessage, ServerResponse } from 'node:http';
import { defined } from '../../json';
import { answerNaturally } from './answer-naturally';
import { checkCaller } from './check-caller';
import { failureResponse, refusalResponse } from './answers-of';
import { FALLBACK_VERSION } from './api-version';
import type { EmulatorState } from './emulator-state';
import { openExchange } from './exchange';
import { createId } from './ids';
import type { EmulatorRequest, Ledger } from './ledger';
import { parseTarget } from './parse-target';
import { receiveBody } from './receive-body';
import { RefusedRequest } from './refused-request';
import type { Reply } from './reply';
import { sendRefusal } from './send-refusal';
import { sendReply } from './send-reply';
import { takeScriptedReply } from './take-scripted-reply';

/** Chooses a fault for a request; `undefined` for none. A promise holds the request until it is resolved. */
export type FaultChooser = (request: EmulatorRequest) => Reply | undefined | Promise<Reply | undefined>;

/** The parts of an emulator that the handling of its requests needs. */
export interface RequestHandlerInput {
  /** State that the routes share. */
  readonly state: EmulatorState;
  /** Ledger that records the requests. */
  readonly ledger: Ledger;
  /** Chooser of faults; it decides before any script does. @default none */
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
    if (error instanceof RefusedRequest)
      return sendRefusal(message, response, refusalResponse(error, FALLBACK_VERSION));
    // The query is not written, because it may hold a signature.
    const path = (message.url ?? '').split('?', 1)[0] ?? '';
    process.stderr.write(`emulator: ${message.method} ${JSON.stringify(path)}: ${String(error)}\n`);
    if (response.headersSent) response.destroy();
    else await sendRefusal(message, response, failureResponse(FALLBACK_VERSION));
  }
}

async function handle(
  message: IncomingMessage,
  response: ServerResponse,
  { state, ledger, faults }: RequestHandlerInput,
): Promise<void> {
  // The caller is checked before the body is received: a refused caller need not send a whole document first.
  const url = parseTarget(message.url ?? '/');
  checkCaller(message, url);
  const body = await receiveBody(message, state.maxInputBytes).catch(() => undefined);
  if (body === undefined) {
    message.destroy();
    return;
  }
  const exchange = openExchange({ message, url, body }, state, ledger);
  const { request } = exchange;
  response.on('close', () => {
    if (request.outcome === 'pending' || request.outcome === 'hung') ledger.settle(request, 'abandoned', undefined);
  });
  try {
    const reply = (await faults?.(request)) ?? takeScriptedReply(exchange) ?? { kind: 'natural' };
    const report = reply.kind === 'report' ? reply : undefined;
    const act = () => answerNaturally({ ...exchange, ...defined({ report }) });
    const outcome = await sendReply({ response, reply, act, headers: headersOf(request) });
    ledger.settle(request, outcome, response.headersSent ? response.statusCode : undefined);
  } catch (error) {
    if (!response.headersSent) ledger.settle(request, 'answered', 500);
    throw error;
  }
}

/** The headers of every answer. Version 2026-02-09 repeats its name. */
function headersOf({ apiVersion }: EmulatorRequest): Readonly<Record<string, string>> {
  const id = { 'x-extend-request-id': createId('req_') };
  return apiVersion === '2026-02-09' ? { ...id, 'x-extend-api-version': apiVersion } : id;
}
