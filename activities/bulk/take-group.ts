import { documentWorkflowId, type DocumentFailureType, type DocumentOutcome } from '../../contract';
import { defined } from '../../json';
import type { ResultStore } from '../../storage';
import { createBatchStore, type BatchStore } from '../batch/batch-store';
import { segmentName } from '../batch/locations';
import { withHeartbeat } from '../heartbeat';
import type { GroupActivities, TakeGroupInput, TakenOutcomes } from '../types';
import { partName, readDocuments, type GroupDocument } from './group-objects';
import type { GroupOutcome, LogLine } from './group-log';

/**
 * Builds the activity that writes outcomes of a group as a segment of the outcomes of the batch. The segment depends on
 * the activity's input alone, so a repeat writes the same object.
 *
 * @returns an activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createTakeGroup({ store }: { readonly store: ResultStore | undefined }): GroupActivities['takeGroup'] {
  return async function takeGroup(input) {
    return withHeartbeat(take(createBatchStore(store), input));
  };
}

async function take(store: BatchStore, input: TakeGroupInput): Promise<TakenOutcomes> {
  const { group, segment, rest } = input;
  const { place } = group;
  const earlier = new Set<string>();
  const outcomes = await newOutcomes(store, input, earlier);
  if (rest !== undefined) {
    for (const { id } of outcomes) earlier.add(id);
    for (const document of await readDocuments(store, group)) {
      if (!earlier.has(document.id)) outcomes.push(toRest(document, group.batchId, rest));
    }
  }
  const written = outcomes.map((outcome) => toWritten(outcome, rest));
  if (written.length > 0) await store.write(`${place.directory}/${segmentName(segment)}`, written);
  return count(written);
}

/** Reads the outcomes of the parts that were not taken before, and the ids of those that were. */
async function newOutcomes(
  store: BatchStore,
  { group, parts, taken }: TakeGroupInput,
  earlier: Set<string>,
): Promise<GroupOutcome[]> {
  const outcomes = new Map<string, GroupOutcome>();
  for (const [index, part] of parts.entries()) {
    for await (const value of store.read(`${group.place.uri}/${partName(group.group, part)}`)) {
      const line = value as LogLine;
      if (line.kind !== 'outcome') continue;
      const { outcome } = line;
      if (index < taken) earlier.add(outcome.id);
      else if (!earlier.has(outcome.id) && !outcomes.has(outcome.id)) outcomes.set(outcome.id, outcome);
    }
  }
  return [...outcomes.values()];
}

function toRest({ id, hash }: GroupDocument, batchId: string, rest: NonNullable<TakeGroupInput['rest']>): GroupOutcome {
  const facts = { id, workflowId: documentWorkflowId(batchId, id), hash };
  if (typeof rest === 'string') return { status: rest, ...facts };
  return { status: 'failed', ...facts, failure: rest, polls: 0, durationMs: 0 };
}

/** A document that was cancelled although its batch was not cancelled has failed. */
function toWritten(outcome: GroupOutcome, rest: TakeGroupInput['rest']): DocumentOutcome {
  if (outcome.status !== 'cancelled' || typeof rest !== 'object') return outcome;
  const { id, workflowId, hash, runId, submits } = outcome;
  const details = { ...rest.details, ...defined({ runId, submits }) };
  const facts = { id, workflowId, ...defined({ hash }) };
  return { status: 'failed', ...facts, failure: { ...rest, details }, polls: 0, durationMs: 0 };
}

function count(outcomes: readonly DocumentOutcome[]): TakenOutcomes {
  const failures: Partial<Record<DocumentFailureType, number>> = {};
  const of = (status: DocumentOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  for (const outcome of outcomes) {
    if (outcome.status !== 'failed') continue;
    const { type } = outcome.failure;
    failures[type] = (failures[type] ?? 0) + 1;
  }
  return { processed: of('processed'), failed: of('failed'), others: of('cancelled') + of('left'), failures };
}
