import { isEndEvent } from '../contract/extend';
import { defined, isPlainObject } from '../json';

/** Longest run id that this package accepts, in characters. Extend's documentation names 255. */
const MAX_RUN_ID_LENGTH = 1000;
/** Longest event id and event type that are passed on, in characters. */
const MAX_WORD_LENGTH = 200;
/** Longest workflow id and namespace that Temporal accepts, in characters. */
const MAX_TEMPORAL_NAME_LENGTH = 1000;
/** Characters that Temporal's protocol or its database cannot carry: Temporal would never accept such a name. */
const NOT_STORABLE = /[\0\p{Surrogate}]/u;

/** The workflow that the metadata of a run name for its end. */
export interface NamedWorkflow {
  readonly namespace: string;
  /** Id of the workflow; `undefined` if no workflow wants to be signalled at the end of this run. */
  readonly workflowId: string | undefined;
}

/** An event about the end of a parse run, or of a batch of them, as far as a signal needs it. Nothing of the run's state is read. */
export interface RunEvent {
  readonly eventType: string;
  /** Id of the event. Absent if the event has none that is usable. */
  readonly eventId?: string;
  /** Extend's id of the run, or of the batch run. Absent if only the content behind `payloadUrl` has it. */
  readonly runId?: string;
  /** Workflow that waits for the run. Absent in version 2025-04-21, for batch runs, and for runs of other programs. */
  readonly workflow?: NamedWorkflow;
  /** Signed URL of the payload. Only if the event has no run id. */
  readonly payloadUrl?: string;
}

/** An event that needs no signal: of another type, or without a run id. */
export interface OtherEvent {
  /** Type of the event. Absent if it has none. */
  readonly otherType: string | undefined;
}

/**
 * Reads the body of a delivery.
 *
 * A payload that is delivered as a signed URL has the run id and the metadata beside the URL, so the URL is not needed.
 * Older pages of Extend's documentation show a payload of nothing but the URL; only such an event has a `payloadUrl`.
 *
 * @returns `undefined` if the body is not JSON
 */
export function readEvent(body: Uint8Array): RunEvent | OtherEvent | undefined {
  const json = parseJson(body);
  if (json === undefined) return undefined;
  const { eventType, eventId, payload } = isPlainObject(json.value) ? json.value : {};
  const type = typeof eventType === 'string' ? eventType.slice(0, MAX_WORD_LENGTH) : undefined;
  if (type === undefined || !isEndEvent(type)) return { otherType: type };
  const named = readPayload(payload);
  if (named === undefined) return { otherType: type };
  return { eventType: type, ...defined({ eventId: textOf(eventId, MAX_WORD_LENGTH) }), ...named };
}

/** Reads a payload: its run id and its workflow, or its URL. @returns `undefined` if it has neither id nor URL */
export function readPayload(payload: unknown): Pick<RunEvent, 'runId' | 'workflow' | 'payloadUrl'> | undefined {
  if (!isPlainObject(payload)) return undefined;
  const runId = textOf(payload['id'], MAX_RUN_ID_LENGTH);
  if (runId !== undefined) return { runId, ...defined({ workflow: readWorkflow(payload['metadata']) }) };
  const { data } = payload;
  return typeof data === 'string' ? { payloadUrl: data } : undefined;
}

/**
 * Reads the member `temporal` of a run's metadata. A bulk submit creates many runs, whose signals would fill the history of
 * the workflow that waits for them all: its member `wakes` names that workflow in few of the runs, and is `false` in the
 * others.
 *
 * @returns `undefined` if the member is not as this package writes it
 */
function readWorkflow(metadata: unknown): NamedWorkflow | undefined {
  const temporal = isPlainObject(metadata) ? metadata['temporal'] : undefined;
  if (!isPlainObject(temporal)) return undefined;
  const [namespace, workflowId, firstRunId] = ['namespace', 'workflowId', 'firstRunId'].map((name) =>
    textOf(temporal[name], MAX_TEMPORAL_NAME_LENGTH),
  );
  const isSubmit = Number.isSafeInteger(temporal['submit']) && Number(temporal['submit']) >= 1;
  if (namespace === undefined || workflowId === undefined || firstRunId === undefined || !isSubmit) return undefined;
  const { wakes = workflowId } = temporal;
  return { namespace, workflowId: textOf(wakes, MAX_TEMPORAL_NAME_LENGTH) };
}

function textOf(value: unknown, maxLength: number): string | undefined {
  const isText = typeof value === 'string' && value !== '' && value.length <= maxLength;
  return isText && !NOT_STORABLE.test(value) ? value : undefined;
}

/** Parses UTF-8 as JSON. @returns `undefined` if it is not JSON */
export function parseJson(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) };
  } catch {
    return undefined;
  }
}
