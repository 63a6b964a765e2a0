import type { Client } from '@temporalio/client';
import { defined, errorMessage } from '../json';
import { redact, toPlainText } from '../privacy';
import { beforeAbort } from './before-abort';
import { BodyRoom } from './body-room';
import type { DeliveryEnd, WebhookDelivery } from './delivery';
import { fetchPayload } from './fetch-payload';
import { findWorkflows, type WaitingWorkflow } from './find-workflows';
import { readBody, type BodyProblem } from './read-body';
import { readEvent, type RunEvent } from './read-event';
import { resolveOptions, type ResolvedOptions, type WebhookHandlerOptions } from './handler-options';
import { RecentEvents } from './recent-events';
import { signalWorkflow } from './signal-workflow';
import { findHeaderProblem, findSignatureProblem, signatureHeadersOf } from './verify-signature';

/** Memory for the bodies of all deliveries that arrive at the same time, in bytes. */
const BODY_ROOM_BYTES = 64_000_000;

/** The parts of a handler that outlive a delivery. */
interface Receiver extends ResolvedOptions {
  readonly room: BodyRoom;
  readonly recent: RecentEvents;
}

/** A delivery with a right signature and a readable body, or the end of any other. */
type Received = { readonly event: RunEvent } | { readonly end: DeliveryEnd };

/** Handler of deliveries. It never rejects. */
export type WebhookHandler = (request: Request) => Promise<Response>;

/**
 * Builds the handler of Extend's webhook deliveries, for every framework with `Request` and `Response`. It checks the
 * signature and signals `runFinished` to the workflow that waits for the run. It asks Extend nothing, holds no key of
 * Extend, and believes no status: the workflow polls Extend for it.
 *
 * The status of an answer tells Extend whether to send the event again: 200 for a delivery that is done with (also for
 * runs of other programs and for workflows that have ended), 401 for a wrong signature, 400 for a body that is not
 * JSON, 413 and 408 for one that is too large or too slow, 503 if Temporal does not answer. {@link DeliveryOutcome} has
 * them all.
 *
 * @throws TypeError without a client or secret; RangeError for a time that is out of its range.
 * @example
 * ```ts
 * const handler = createWebhookHandler({ client, secrets: [process.env.WEBHOOK_SECRET ?? ''] });
 * export const POST = handler;
 * ```
 */
export function createWebhookHandler(options: WebhookHandlerOptions): WebhookHandler {
  const receiver: Receiver = {
    ...resolveOptions(options),
    room: new BodyRoom(BODY_ROOM_BYTES),
    recent: new RecentEvents(),
  };
  return async (request) => {
    const startedAtMs = performance.now();
    const end = await receive(request, receiver).catch((error: unknown): DeliveryEnd => {
      return { outcome: 'unavailable', status: 503, reason: describe(error) };
    });
    report(receiver, { ...end, durationMs: performance.now() - startedAtMs });
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    return new Response(`${end.outcome}\n`, { status: end.status, headers });
  };
}

async function receive(request: Request, receiver: Receiver): Promise<DeliveryEnd> {
  const signal = AbortSignal.timeout(receiver.timeLimitMs);
  const deadlineMs = Date.now() + receiver.timeLimitMs;
  const received = await verify(request, receiver, signal);
  if ('end' in received) return received.end;
  const sentAtMs = Number(signatureHeadersOf(request.headers).timestamp) * 1000;
  const event = await completeEvent(received.event, receiver, signal);
  if ('outcome' in event) return event;
  const facts = defined({ eventType: event.eventType, eventId: event.eventId, runId: event.runId });
  if (event.workflow !== undefined && event.workflow.workflowId === undefined)
    return { ...facts, outcome: 'ignored', status: 200 };
  try {
    const delivering = receiver.recent.once(keyOf(event), () => deliver(event, receiver, deadlineMs));
    const end = await beforeAbort(delivering, signal);
    const delayMs = end.outcome === 'signalled' ? Date.now() - sentAtMs : undefined;
    return { ...facts, ...end, ...defined({ delayMs }) };
  } catch (error) {
    return { ...facts, outcome: 'unavailable', status: 503, reason: describe(error) };
  }
}

/** Checks the headers, then the body against the signature, and only then reads the event. */
async function verify(request: Request, receiver: Receiver, signal: AbortSignal): Promise<Received> {
  const { toleranceMs, room } = receiver;
  if (request.method !== 'POST') return ended('refused', 405, 'not a POST request');
  const headers = signatureHeadersOf(request.headers);
  const headerProblem = findHeaderProblem(headers, { nowMs: Date.now(), toleranceMs });
  if (headerProblem !== undefined) return ended('refused', 401, `the signature is ${headerProblem}`);
  if (request.bodyUsed) return ended('failed', 500, 'the body was read before: give the handler the request untouched');
  const body = await readBody(request, { signal, room });
  if (typeof body === 'string') return { end: BODY_ENDS[body] };
  try {
    const secrets = await beforeAbort(receiver.secrets(), signal);
    const problem = findSignatureProblem({ ...headers, nowMs: Date.now(), toleranceMs, body, secrets });
    if (problem !== undefined) return ended('refused', 401, `the signature is ${problem}`);
    const event = readEvent(body);
    if (event === undefined) return ended('unreadable', 400, 'the body is not JSON');
    if (!('otherType' in event)) return { event };
    return { end: { outcome: 'ignored', status: 200, ...defined({ eventType: event.otherType }) } };
  } finally {
    room.free(body.byteLength);
  }
}

const BODY_ENDS: Readonly<Record<BodyProblem, DeliveryEnd>> = {
  tooLarge: { outcome: 'unreadable', status: 413, reason: 'the body is larger than 1 MB' },
  tooManyPieces: { outcome: 'unreadable', status: 400, reason: 'the body came in more than 2,000 pieces' },
  tooSlow: { outcome: 'unreadable', status: 408, reason: 'the body did not arrive in time' },
  broken: { outcome: 'unreadable', status: 400, reason: 'the body did not arrive as a whole' },
  full: { outcome: 'unavailable', status: 503, reason: 'too many bodies at the same time' },
};

function ended(outcome: DeliveryEnd['outcome'], status: number, reason: string): Received {
  return { end: { outcome, status, reason } };
}

/**
 * Fetches the payload of an event that has nothing but its URL. If no request will ever bring the payload, Extend need not
 * send the event again.
 */
async function completeEvent(
  event: RunEvent,
  { room, mayFetchPayload: mayFetch }: Receiver,
  signal: AbortSignal,
): Promise<RunEvent | DeliveryEnd> {
  const { payloadUrl, ...rest } = event;
  if (payloadUrl === undefined) return event;
  const payload = await fetchPayload(payloadUrl, { signal, room, mayFetch });
  if (!('problem' in payload)) return { ...rest, ...payload };
  const { eventType, eventId } = rest;
  return { outcome: 'ignored', status: 200, ...defined({ eventType, eventId }), reason: payload.problem };
}

/** The key under which an event is remembered; `undefined` for an event that cannot be recognised. */
function keyOf({ eventId, runId }: RunEvent): string | undefined {
  return eventId === undefined ? undefined : `${eventId} ${runId ?? ''}`;
}

/** Finds the workflows of the event and signals them, within the deadline. */
async function deliver(event: RunEvent, { clients }: Receiver, deadlineMs: number): Promise<DeliveryEnd> {
  const workflows = await withDeadlines([...clients.values()], deadlineMs, () => findWorkflows(event, clients));
  if (workflows.length === 0) return { outcome: 'foreign', status: 200 };
  const { runId, eventId } = event;
  const notice = defined({ runId, eventId });
  const signal = (workflow: WaitingWorkflow) =>
    workflow.client.withDeadline(deadlineMs, () => signalWorkflow(workflow, notice));
  const taken = await Promise.all(workflows.map(signal));
  const workflowIds = workflows.filter((_, at) => taken[at]).map(({ workflowId }) => workflowId);
  if (workflowIds.length === 0) return { outcome: 'ended', status: 200 };
  return { outcome: 'signalled', status: 200, workflowIds };
}

/** Sets the deadline of the requests that a function sends by any of these clients. */
async function withDeadlines<T>([first, ...rest]: readonly Client[], deadlineMs: number, send: () => Promise<T>) {
  if (first === undefined) return send();
  return first.withDeadline(deadlineMs, (): Promise<T> => withDeadlines(rest, deadlineMs, send));
}

function report({ onDelivery }: Receiver, delivery: WebhookDelivery): void {
  try {
    onDelivery(delivery);
  } catch {
    // An error of the callback must not change the answer, or Extend would send the event again.
  }
}

/** The words of an error, in one line without secrets. */
function describe(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return toPlainText(redact(errorMessage(cause instanceof Error ? cause : error)));
}
