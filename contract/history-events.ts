import { toEarlierParse, type EarlierParse, type ParseEvent } from './earlier-parse';
import { defined } from '../json';

/** A number as Temporal's protocol buffers give it. */
type Long = { toString(): string } | number | null | undefined;
type Text = string | null | undefined;
/** Payloads of an event. */
export interface HistoryPayloads<Payload> {
  readonly payloads?: readonly Payload[] | null;
}

/** The part of an event of Temporal's history that is read here. The shape is that of Temporal's protocol buffers. */
export interface HistoryEventOf<Payload> {
  readonly eventId?: Long;
  readonly eventTime?: { readonly seconds?: Long; readonly nanos?: number | null } | null;
  readonly workflowExecutionStartedEventAttributes?: {
    readonly input?: HistoryPayloads<Payload> | null;
    readonly firstExecutionRunId?: Text;
  } | null;
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType?: { readonly name?: Text } | null;
    readonly input?: HistoryPayloads<Payload> | null;
  } | null;
  readonly activityTaskCompletedEventAttributes?: {
    readonly scheduledEventId?: Long;
    readonly result?: HistoryPayloads<Payload> | null;
  } | null;
  readonly activityTaskFailedEventAttributes?: {
    readonly scheduledEventId?: Long;
    readonly failure?: FailureOf<Payload> | null;
  } | null;
  readonly activityTaskTimedOutEventAttributes?: {
    readonly scheduledEventId?: Long;
    readonly failure?: FailureOf<Payload> | null;
  } | null;
  readonly activityTaskCanceledEventAttributes?: {
    readonly scheduledEventId?: Long;
    readonly startedEventId?: Long;
  } | null;
}

interface FailureOf<Payload> {
  readonly applicationFailureInfo?: {
    readonly type?: Text;
    readonly details?: HistoryPayloads<Payload> | null;
  } | null;
  readonly timeoutFailureInfo?: { readonly timeoutType?: number | string | null } | null;
}

/** Decodes payloads into values, through the codecs of the user. */
export type DecodePayloads<Payload> = (payloads: readonly Payload[]) => Promise<readonly unknown[]>;

/** Temporal's converter of payloads, as far as it is needed here. */
export interface PayloadDecoder<Payload> {
  readonly payloadConverter: { fromPayload(payload: Payload): unknown };
  readonly payloadCodecs: readonly { decode(payloads: Payload[]): Promise<Payload[]> }[];
}

/** Reads what another start must know out of the history of a `parseDocument` execution that has ended. */
export async function readEarlierParse<Payload>(
  execution: { fetchHistory(): Promise<{ readonly events?: readonly HistoryEventOf<Payload>[] | null }> },
  { payloadConverter, payloadCodecs }: PayloadDecoder<Payload>,
): Promise<EarlierParse> {
  const decode: DecodePayloads<Payload> = async (payloads) => {
    let decoded = [...payloads];
    for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
    return decoded.map((payload) => payloadConverter.fromPayload(payload));
  };
  const { events } = await execution.fetchHistory();
  return toEarlierParse(await toParseEvents(events ?? [], decode));
}

/** The activities whose events tell something about the runs of a document. */
const TELLING = new Set(['submitParse', 'getStatus', 'cancelRun', 'deleteRun', 'findRun']);
/** `TimeoutType.SCHEDULE_TO_START` of Temporal's protocol buffers. */
const SCHEDULE_TO_START = 2;

/** Reads the events of a history that tell something about the runs of a document. */
export async function toParseEvents<Payload>(
  history: readonly HistoryEventOf<Payload>[],
  decode: DecodePayloads<Payload>,
): Promise<ParseEvent[]> {
  const events: ParseEvent[] = [];
  const telling = new Set<string>();
  for (const event of history) {
    const read = await toParseEvent(event, decode, telling);
    if (read !== undefined) events.push(read);
  }
  return events;
}

async function toParseEvent<Payload>(
  event: HistoryEventOf<Payload>,
  decode: DecodePayloads<Payload>,
  telling: Set<string>,
): Promise<ParseEvent | undefined> {
  const atMs = Number(event.eventTime?.seconds ?? 0) * 1_000 + Math.floor((event.eventTime?.nanos ?? 0) / 1e6);
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) {
    const args = await decode(started.input?.payloads ?? []);
    return { kind: 'started', args, firstRunId: started.firstExecutionRunId ?? '' };
  }
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const activity = scheduled.activityType?.name ?? '';
    if (!TELLING.has(activity)) return undefined;
    const key = String(event.eventId);
    telling.add(key);
    const [input] = await decode(scheduled.input?.payloads ?? []);
    return { kind: 'scheduled', activity, key, atMs, input };
  }
  return toEndEvent(event, decode, { telling, atMs });
}

async function toEndEvent<Payload>(
  event: HistoryEventOf<Payload>,
  decode: DecodePayloads<Payload>,
  { telling, atMs }: { readonly telling: ReadonlySet<string>; readonly atMs: number },
): Promise<ParseEvent | undefined> {
  const { activityTaskCompletedEventAttributes: completed, activityTaskCanceledEventAttributes: canceled } = event;
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const key = String((completed ?? failed ?? canceled)?.scheduledEventId);
  if (!telling.has(key)) return undefined;
  if (completed) {
    const [result] = await decode(completed.result?.payloads ?? []);
    return { kind: 'completed', key, atMs, result };
  }
  if (canceled) return { kind: 'failed', key, neverStarted: Number(canceled.startedEventId) === 0 };
  return { kind: 'failed', key, ...(await toFailure(failed?.failure ?? {}, decode)) };
}

async function toFailure<Payload>(
  { applicationFailureInfo: info, timeoutFailureInfo: timeout }: FailureOf<Payload>,
  decode: DecodePayloads<Payload>,
): Promise<Pick<Extract<ParseEvent, { kind: 'failed' }>, 'type' | 'details' | 'neverStarted'>> {
  const [details] = await decode(info?.details?.payloads ?? []);
  return defined({ type: info?.type ?? undefined, details, neverStarted: timeout?.timeoutType === SCHEDULE_TO_START });
}
